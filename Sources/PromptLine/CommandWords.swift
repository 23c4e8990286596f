internal import EventCore

/// A line at the prompt as words, the way a shell makes them: `'…'` keeps all as it is, in `"…"` a backslash keeps `"` and `\`, outside it keeps any character, and `$'…'` has the escapes of C.
///
/// In one thing it is kinder than a shell: behind `=` a list or an object of JSON is taken as it is typed, with the quotes that a shell would take away (`tags=["a","b"]`).
package struct CommandWords {
    package enum Quote: Hashable, Sendable {
        case single
        case double
        /// `$'…'`.
        case escapes

        /// What ends it.
        package var character: Character { self == .double ? "\"" : "'" }
    }

    package private(set) var words: [String] = []
    /// The quote that was opened and not closed.
    package private(set) var openQuote: Quote?
    /// Where the open quote stands, in bytes.
    package private(set) var openQuoteOffset = 0
    /// Where the last word begins, in bytes; the end of the text when a new word would begin there.
    package private(set) var lastWordOffset = 0
    /// Of the last word what stands before the open quote.
    package private(set) var textBeforeQuote = ""

    /// Reads a text, which may be cut anywhere. The last word is empty when a new one would begin at the end.
    package init(cutting text: String) {
        let scalars = Array(text.unicodeScalars)
        var word = ""
        var isInside = false
        var isEscaped = false
        var (number, offset, wordStart) = (0, 0, 0)
        func goOn(_ count: Int) {
            offset += scalars[number..<(number + count)].reduce(0) { $0 + UTF8.width($1) }
            number += count
        }
        while number < scalars.count {
            let scalar = scalars[number]
            if !isInside && openQuote == nil && !Self.isSpace(scalar) {
                isInside = true
                (lastWordOffset, wordStart) = (offset, number)
            }
            if openQuote == nil, !isEscaped, scalars[number...].starts(with: Self.escapesBegin) {
                let inside = Self.escapes(in: scalars[(number + 2)...])
                if number + 2 + inside.count == scalars.count {
                    (openQuote, openQuoteOffset, textBeforeQuote) = (.escapes, offset + 1, word)
                }
                word += EscapedText.decoded(inside)
                goOn(min(inside.count + 3, scalars.count - number))
                continue
            }
            defer { goOn(1) }
            if isEscaped {
                // Between quotes a backslash is one, but before these two.
                if openQuote == .double && scalar != "\"" && scalar != "\\" { word.unicodeScalars.append("\\") }
                word.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" && openQuote != .single {
                isEscaped = true
            } else if let quote = openQuote {
                if Character(scalar) == quote.character { openQuote = nil } else { word.unicodeScalars.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                openQuote = scalar == "'" ? .single : .double
                openQuoteOffset = offset
                textBeforeQuote = word
            } else if Self.isSpace(scalar) {
                if isInside { words.append(Self.meant(by: scalars[wordStart..<number], word)) }
                word = ""
                isInside = false
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        if isEscaped { word.unicodeScalars.append("\\") }
        if !isInside { lastWordOffset = offset }
        words.append(isInside && openQuote == nil ? Self.meant(by: scalars[wordStart...], word) : word)
    }

    /// What was typed itself where it is `name=` and JSON, which has quotes of its own; else what they made of it.
    private static func meant(by typed: ArraySlice<Unicode.Scalar>, _ word: String) -> String {
        guard let equals = typed.indices.dropLast().first(where: { typed[$0] == "=" && (typed[$0 + 1] == "[" || typed[$0 + 1] == "{") }),
            typed.contains("\""), !typed[..<equals].contains(where: "'\"\\".unicodeScalars.contains)
        else { return word }
        let text = String(String.UnicodeScalarView(typed[(equals + 1)...]))
        return (try? FieldValue(json: text.utf8)) == nil ? word : String(String.UnicodeScalarView(typed))
    }

    /// The words of a whole line.
    ///
    /// - Throws: the quote that is open at its end.
    package static func split(_ line: String) throws(OpenQuote) -> [String] {
        let read = CommandWords(cutting: line)
        if let quote = read.openQuote {
            throw OpenQuote(
                quote: quote, character: line.utf8.prefix(read.openQuoteOffset).filter { $0 & 0xC0 != 0x80 }.count + 1)
        }
        return read.lastWordOffset == line.utf8.count ? Array(read.words.dropLast()) : read.words
    }

    /// How the text of a word is typed: after an open quote, else with backslashes where they are needed. What steers a terminal is typed as an escape, so that nobody's line obeys it.
    package static func typed(_ text: String, inside quote: Quote? = nil) -> String {
        var result = ""
        var rest = Array(text.unicodeScalars)[...]
        while let first = rest.first {
            let run = rest.prefix { $0.steersTerminal == first.steersTerminal }
            rest = rest.dropFirst(run.count)
            if first.steersTerminal {
                let outer = quote.map { String($0.character) } ?? ""
                result += outer + "$'" + run.map(EscapedText.typed).joined() + "'" + outer
            } else {
                result += typed(visible: run, inside: quote, isFirst: result.isEmpty)
            }
        }
        return result
    }

    private static func typed(visible text: ArraySlice<Unicode.Scalar>, inside quote: Quote?, isFirst: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text {
            if quote == .single && scalar == "'" {
                // Between single quotes nothing is escaped: they end, and begin anew behind it.
                result.append(contentsOf: "'\\''".unicodeScalars)
                continue
            }
            let isSpecial: Bool =
                switch quote {
                case .single?: false
                case .double?: scalar == "\"" || scalar == "\\"
                case .escapes?: scalar == "'" || scalar == "\\"
                case nil: isSpace(scalar) || "'\"\\".unicodeScalars.contains(scalar) || (scalar == "#" && isFirst && result.isEmpty)
                }
            if isSpecial { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    private static let escapesBegin: [Unicode.Scalar] = ["$", "'"]

    /// What stands before the `'` that no backslash keeps; all where there is none.
    private static func escapes(in text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        var end = text.startIndex
        while end < text.endIndex, text[end] != "'" { end += text[end] == "\\" ? 2 : 1 }
        return text[..<min(end, text.endIndex)]
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
}

/// A quote that was opened in a line and not closed.
package struct OpenQuote: Error, Hashable {
    package let quote: CommandWords.Quote
    /// Where it stands, counted from 1.
    package let character: Int
}
