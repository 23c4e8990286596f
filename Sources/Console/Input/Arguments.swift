internal import EventCore
internal import PromptLine

/// Words of the command line → values of the core.
enum Arguments {
    /// `collection/id`: the first `/` splits; in the collection `/` and `%` are typed %2F and %25.
    static func record(_ text: String) throws -> RecordKey {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            throw ConsoleError.usage("“\(text)” is no record: it wants collection/id", hint: "for example notes/trip")
        }
        let collection = try unescaped(Array(text.utf8[..<slash]), in: text)
        let record = Array(text.utf8[text.utf8.index(after: slash)...])
        return RecordKey(collection: try name(collection, "the collection of “\(text)”"), record: try name(record, "the id of “\(text)”"))
    }

    /// How a record is typed.
    static func text(_ key: RecordKey) -> String { text(collection: key.collection) + "/" + key.record.text }

    /// How a record is shown: as it is typed, between quotes where it has what a shell reads in its own way, and between `$'` and `'` where it has what nobody sees. So no two look alike but by composed characters, none is taken for the words around it, and each can
    /// be typed as it stands there.
    static func shown(_ key: RecordKey) -> String { shown(text(key)) }

    static func shown(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        let unseen = unseen(scalars)
        guard unseen.isEmpty else {
            let escaped = scalars.indices.map { index in
                switch scalars[index] {
                case "'", "\\": "\\" + String(scalars[index])
                default: unseen.contains(index) ? EscapedText.typed(scalars[index]) : String(scalars[index])
                }
            }
            return "$'" + escaped.joined() + "'"
        }
        guard scalars.isEmpty || scalars.contains(where: { " '\"\\$`;&|<>()*?{}[]!".unicodeScalars.contains($0) }) else { return text }
        return "'" + text.replacing("'", with: "'\\''") + "'"
    }

    /// Which of them leave no mark on a screen.
    private static func unseen(_ scalars: [Unicode.Scalar]) -> Set<Int> {
        var (unseen, isBehindEmoji): (Set<Int>, Bool) = ([], false)
        for (index, scalar) in scalars.enumerated() {
            isBehindEmoji = scalar.isEmojiSign || isBehindEmoji && scalar.joinsEmoji
            // Joiners and selectors are seen with their emoji.
            if scalar.isUnseen && !isBehindEmoji { unseen.insert(index) }
        }
        return unseen
    }

    /// The same as a word of a shell, as a command that is shown can be copied: between quotes where there is more than plain characters.
    static func typed(_ key: RecordKey) -> String { typed(text(key)) }

    /// A text as a word of a shell.
    static func typed(_ text: String) -> String {
        func isPlain(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal || "/-_.:,%@+=".unicodeScalars.contains(scalar)
        }
        if text.unicodeScalars.allSatisfy(isPlain) { return text }
        guard !unseen(Array(text.unicodeScalars)).isEmpty else { return "'" + text.replacing("'", with: "'\\''") + "'" }
        // Control characters by their bytes, as bash and its like read them.
        let bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(Character(Unicode.Scalar(byte)))
            case 0x20..<0x7F: String(Character(Unicode.Scalar(byte)))
            default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return "$'" + bytes.joined() + "'"
    }

    /// How a collection is typed.
    static func text(collection: Name) -> String {
        var typed: [UInt8] = []
        for byte in collection.utf8 {
            switch byte {
            case UInt8(ascii: "/"): typed += Array("%2F".utf8)
            case UInt8(ascii: "%"): typed += Array("%25".utf8)
            default: typed.append(byte)
            }
        }
        return String(decoding: typed, as: UTF8.self)
    }

    /// How a value is typed: a text as it is, unless it would be read as something else.
    static func text(value: FieldValue) -> String {
        guard let text = value.text else { return value.description }
        let typed = String(decoding: text, as: UTF8.self)
        return (try? self.value(typed)) == value ? typed : value.description
    }

    static func collection(_ text: String) throws -> Name {
        guard !text.utf8.contains(UInt8(ascii: "/")) else {
            throw ConsoleError.usage(
                "“\(text)” is no collection", hint: "a record is meant by collection/id; a / in a collection is typed %2F")
        }
        return try name(try unescaped(Array(text.utf8), in: text), "the collection “\(text)”")
    }

    static func field(_ text: String) throws -> Name { try name(Array(text.utf8), "the field “\(text)”") }

    /// `field=value`: the first `=` splits.
    static func write(_ text: String) throws -> FieldWrite { try write(text, orElse: "sets nothing") }

    /// The same as what a record has to show.
    static func condition(_ text: String) throws -> FieldWrite { try write(text, orElse: "is no condition") }

    /// Whether a condition's value means this collection: by its name, which may read like a number, or as it is typed.
    static func isName(_ collection: Name, _ value: FieldValue) -> Bool {
        value == (try? self.value(collection.text)) || value == FieldValue(text: collection.text)
            || value == (try? self.value(text(collection: collection)))
    }

    private static func write(_ text: String, orElse fault: String) throws -> FieldWrite {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw ConsoleError.usage("“\(text)” \(fault): it wants field=value", hint: "for example title=\"To the sea\"")
        }
        let field = try field(String(text[..<equals]))
        return FieldWrite(field: field, value: try value(String(text[text.utf8.index(after: equals)...])))
    }

    /// JSON if it parses as JSON, else a string; a number outside the limits is an error.
    static func value(_ text: String) throws -> FieldValue {
        do throws(JSONError) { return try FieldValue(json: text.utf8) } catch {
            switch error.reason {
            case .integerOutOfRange, .numberOutOfRange:
                guard isJSONButForNumbers(Array(text.utf8), error) else { return FieldValue(text: text) }
                throw ConsoleError.usage(
                    "“\(text)” has a number beyond the limits (64 bits, or a double)", hint: "quote it to keep it as text: '\"\(text)\"'")
            case .tooDeep:
                throw ConsoleError.usage(
                    "“\(text.prefix(40))…” is nested deeper than \(Limits.valueDepth)", hint: "quote it to keep it as text")
            default: return FieldValue(text: text)
            }
        }
    }

    /// Whether nothing but the size of numbers keeps the text from being JSON: “123456789012345678901 bottles” is text.
    private static func isJSONButForNumbers(_ utf8: [UInt8], _ error: JSONError) -> Bool {
        var (utf8, error) = (utf8, error)
        for _ in 0..<numbersLookedAt {
            guard error.reason == .integerOutOfRange || error.reason == .numberOutOfRange else { return false }
            utf8.replaceSubrange(error.offset..<endOfNumber(utf8, from: error.offset), with: [UInt8(ascii: "0")])
            do throws(JSONError) {
                _ = try FieldValue(json: utf8)
                return true
            } catch let next { error = next }
        }
        return true
    }

    /// A text with more numbers beyond the limits than these is taken for JSON.
    private static let numbersLookedAt = 32

    /// Where the number that begins at `start` ends by the grammar of JSON.
    private static func endOfNumber(_ utf8: [UInt8], from start: Int) -> Int {
        var end = start
        func skip(_ bytes: String) { if end < utf8.count && bytes.utf8.contains(utf8[end]) { end += 1 } }
        func skipDigits() { while end < utf8.count && utf8[end] >= UInt8(ascii: "0") && utf8[end] <= UInt8(ascii: "9") { end += 1 } }
        skip("-")
        skipDigits()
        if end < utf8.count && utf8[end] == UInt8(ascii: ".") {
            end += 1
            skipDigits()
        }
        if end < utf8.count && (utf8[end] == UInt8(ascii: "e") || utf8[end] == UInt8(ascii: "E")) {
            end += 1
            skip("+-")
            skipDigits()
        }
        return end
    }

    /// The writes of `--fields`, a JSON object.
    static func writes(object text: String) throws -> [FieldWrite] {
        let hint = "for example --fields '{\"title\":\"To the sea\"}'"
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(json: text.utf8) } catch {
            throw ConsoleError.usage("--fields wants a JSON object: \(Sentences.json(error))", hint: hint)
        }
        guard case .object(let members) = value else { throw ConsoleError.usage("--fields wants a JSON object", hint: hint) }
        return try members.map { FieldWrite(field: try field(String(decoding: $0.key, as: UTF8.self)), value: $0.value.canonical) }
    }

    static func note(_ text: String?) throws -> Note? {
        guard let text else { return nil }
        do throws(EventError) { return try Note(text) } catch { throw ConsoleError.usage(Sentences.event(error)) }
    }

    private static func name(_ utf8: [UInt8], _ what: String) throws -> Name {
        do throws(EventError) { return try Name(utf8: utf8) } catch { throw ConsoleError.usage("\(what): \(Sentences.event(error))") }
    }

    /// Milliseconds of `90s`, `15min`, `1h`, `7d`; nil for anything else.
    static func milliseconds(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: UInt64] = ["s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let count = UInt64(digits), let unit = units[text.dropFirst(digits.count)], count <= 36_500 * 86_400 else { return nil }
        return count * unit
    }

    /// Bytes of `1000`, `500MB`, `20GB`, `1TB`, in powers of 1000; nil for anything else.
    static func bytes(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: UInt64] = ["": 1, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000]
        guard let count = UInt64(digits), let unit = units[text.dropFirst(digits.count)] else { return nil }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: unit)
        return isTooLarge || bytes > Int64.max ? nil : bytes
    }

    private static func unescaped(_ utf8: [UInt8], in text: String) throws -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < utf8.count {
            guard utf8[index] == UInt8(ascii: "%") else {
                result.append(utf8[index])
                index += 1
                continue
            }
            switch String(decoding: utf8[index...].prefix(3), as: UTF8.self).uppercased() {
            case "%2F": result.append(UInt8(ascii: "/"))
            case "%25": result.append(UInt8(ascii: "%"))
            default: throw ConsoleError.usage("“\(text)”: a % in a collection is typed %25")
            }
            index += 3
        }
        return result
    }
}
