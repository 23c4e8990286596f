internal import EventCore

/// Reads back what an editor left.
struct EditFileReader {
    struct Entry: Hashable {
        let field: Name
        /// nil is *removed*.
        let value: FieldValue?
    }

    private let lines: [ArraySlice<UInt8>]
    private let markerLength: Int

    init(_ bytes: [UInt8], markerLength: Int) {
        lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        self.markerLength = markerLength
    }

    /// In the order of the file; fields without a value are left out.
    func entries() throws -> [Entry] {
        // Markers first: what stands between them may be no JSON.
        if let marked = lines.firstIndex(where: isMarker) { throw EditFileError.marker(line: marked + 1) }
        var entries: [Entry] = []
        var index = 0
        while index < lines.count {
            if isBlank(lines[index]) || isRemark(lines[index]) {
                index += 1
                continue
            }
            let field = try name(at: index)
            if entries.contains(where: { $0.field == field }) { throw EditFileError.twice(field: field, line: index + 1) }
            index += 1
            if let value = try value(&index) { entries.append(Entry(field: field, value: value.value)) }
        }
        return entries
    }

    private struct Value {
        let value: FieldValue?
    }

    /// The value that begins at or behind line `index`, up to the next field; nil when there is none.
    private func value(_ index: inout Int) throws -> Value? {
        while index < lines.count && (isBlank(lines[index]) || isRemark(lines[index])) { index += 1 }
        guard index < lines.count, lines[index].first != UInt8(ascii: "@") else { return nil }
        if isQuotes(lines[index]) { return try text(&index) }
        let first = index
        var json: [UInt8] = []
        while index < lines.count, lines[index].first != UInt8(ascii: "@") {
            // A remark is a line all the same, for the number of the line that is wrong.
            if !isRemark(lines[index]) { json += lines[index] }
            json.append(0x0A)
            index += 1
        }
        if Self.trimmed(json[...]).elementsEqual("removed".utf8) { return Value(value: nil) }
        do throws(JSONError) { return Value(value: try FieldValue(json: json, line: first + 1)) } catch { throw EditFileError.value(error) }
    }

    private func text(_ index: inout Int) throws -> Value {
        let first = index
        guard let end = lines[(first + 1)...].firstIndex(where: isQuotes) else { throw EditFileError.endlessText(line: first + 1) }
        index = end + 1
        let text = Array(lines[(first + 1)..<end].joined(separator: [0x0A]))
        guard text.isValidUTF8 else { throw EditFileError.notUTF8(line: first + 1) }
        while index < lines.count && (isBlank(lines[index]) || isRemark(lines[index])) { index += 1 }
        guard index == lines.count || lines[index].first == UInt8(ascii: "@") else { throw EditFileError.stray(line: index + 1) }
        return Value(value: FieldValue(utf8: text))
    }

    private func name(at index: Int) throws -> Name {
        guard lines[index].first == UInt8(ascii: "@") else { throw EditFileError.stray(line: index + 1) }
        let typed = Self.trimmed(lines[index].dropFirst())
        let utf8 = typed.first == UInt8(ascii: "\"") ? (try? FieldValue(json: typed))?.text : Array(typed)
        guard let utf8, let name = try? Name(utf8: utf8) else { throw EditFileError.name(line: index + 1) }
        return name
    }

    private func isMarker(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, Array("<|=>".utf8).contains(first) else { return false }
        let run = line.prefix { $0 == first }
        let rest = line[run.endIndex...]
        // An editor may have ended the lines in its own way.
        return run.count == markerLength && (rest.first == UInt8(ascii: " ") || isBlank(rest))
    }

    private func isQuotes(_ line: ArraySlice<UInt8>) -> Bool {
        let run = line.prefix { $0 == UInt8(ascii: "\"") }
        return run.count == markerLength && isBlank(line[run.endIndex...])
    }

    private func isRemark(_ line: ArraySlice<UInt8>) -> Bool { line.first == UInt8(ascii: "#") }

    private func isBlank(_ line: ArraySlice<UInt8>) -> Bool { Self.trimmed(line).isEmpty }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        guard let last = line.lastIndex(where: { !isSpace($0) }) else { return [] }
        return line[...last].drop(while: isSpace)
    }
}
