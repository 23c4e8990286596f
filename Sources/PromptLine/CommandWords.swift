/// A line at the prompt as words, the way a shell makes them: `'…'` keeps all as it is, in `"…"` a backslash keeps `"` and `\`, outside it keeps any character.
package struct CommandWords {
    package enum Quote: Character, Sendable {
        case single = "'"
        case double = "\""
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
        var word = ""
        var isInside = false
        var isEscaped = false
        var offset = 0
        for scalar in text.unicodeScalars {
            defer { offset += UTF8.width(scalar) }
            if !isInside && openQuote == nil && !Self.isSpace(scalar) {
                isInside = true
                lastWordOffset = offset
            }
            if isEscaped {
                // Between quotes a backslash is one, but before these two.
                if openQuote == .double && scalar != "\"" && scalar != "\\" { word.unicodeScalars.append("\\") }
                word.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" && openQuote != .single {
                isEscaped = true
            } else if let quote = openQuote {
                if Character(scalar) == quote.rawValue { openQuote = nil } else { word.unicodeScalars.append(scalar) }
            } else if let quote = Quote(rawValue: Character(scalar)) {
                openQuote = quote
                openQuoteOffset = offset
                textBeforeQuote = word
            } else if Self.isSpace(scalar) {
                if isInside { words.append(word) }
                word = ""
                isInside = false
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        if isEscaped { word.unicodeScalars.append("\\") }
        if !isInside { lastWordOffset = offset }
        words.append(word)
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

    /// How the text of a word is typed: after an open quote, else with backslashes where they are needed.
    package static func typed(_ text: String, inside quote: Quote? = nil) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if quote == .single && scalar == "'" {
                // Between single quotes nothing is escaped: they end, and begin anew behind it.
                result.append(contentsOf: "'\\''".unicodeScalars)
                continue
            }
            let isSpecial: Bool =
                switch quote {
                case .single?: false
                case .double?: scalar == "\"" || scalar == "\\"
                case nil: isSpace(scalar) || "'\"\\".unicodeScalars.contains(scalar) || (scalar == "#" && result.isEmpty)
                }
            if isSpecial { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
}

/// A quote that was opened in a line and not closed.
package struct OpenQuote: Error, Hashable {
    package let quote: CommandWords.Quote
    /// Where it stands, counted from 1.
    package let character: Int
}
