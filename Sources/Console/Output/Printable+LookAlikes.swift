internal import EventCore

/// Values that differ never look alike where they stand beside each other: spaces at the end of a line, a line break at the end of a text, characters without a column, and
/// the several ways to write an accent are spelled out there.
extension Printable {
    /// Lines of JSON beside each other; spelled out in ASCII, all of them, where two that differ would look alike.
    static func toldApart(_ texts: [String]) -> [String] {
        guard texts.contains(where: { !$0.utf8.allSatisfy { $0 < 0x80 } }) else { return texts }
        var shown = LookAlikes()
        for text in texts { shown.add(text) }
        return shown.isAmbiguous ? texts.map(spelled) : texts
    }

    /// A text in its lines, each of which the others of its row may be taken for.
    struct Lines: Hashable {
        var lines: [String]
        /// Whether it is text, whose lines stand there without quotes.
        let isText: Bool

        /// A string that has several lines, in its lines; one line of canonical JSON of any other value.
        init(_ value: FieldValue) {
            let text = value.text.flatMap { $0.contains(0x0A) ? $0 : nil }
            isText = text != nil
            lines =
                text?.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
                ?? [value.description]
        }

        init(text lines: [String]) {
            self.lines = lines
            isText = true
        }

        /// Whether an empty line stands behind its last line break.
        fileprivate var ended: Bool { isText && lines.count > 1 && lines.last == "" }

        fileprivate var utf8: [[UInt8]] { lines.map { Array($0.utf8) } }

        /// Every line with its quotes and its line break.
        fileprivate var quoted: [String] {
            guard isText else { return lines.map(spelled) }
            return lines.enumerated().compactMap { index, line in
                guard index == lines.count - 1 else { return quoted(line, end: "\n") }
                return line.isEmpty ? nil : quoted(line, end: "")
            }
        }

        fileprivate func quoted(_ line: String, end: String = "") -> String {
            isText ? spelled(FieldValue(text: line + end).description) : spelled(line)
        }
    }

    /// The lines of texts beside each other. What looks like another line and is none is spelled out between quotes; where whole texts would look alike, all of them.
    ///
    /// The empty line behind the last line break is left out where all texts have one.
    static func toldApart(_ texts: [Lines]) -> [[String]] {
        var first: [[String]: Lines] = [:]
        for text in texts {
            let look = look(text)
            if let other = first[look], other.isText != text.isText || other.utf8 != text.utf8 { return texts.map(\.quoted) }
            first[look] = text
        }
        var shown = LookAlikes()
        for text in texts { for line in text.lines { shown.add(line) } }
        let isEnded = texts.allSatisfy { $0.ended || $0.lines.count == 1 }
        return texts.map { text in
            (isEnded && text.ended ? text.lines.dropLast() : text.lines[...]).map { shown.isAmbiguous($0) ? text.quoted($0) : $0 }
        }
    }

    /// What somebody sees of a text. Compared as characters, so that the ways to write an accent are one.
    private static func look(_ text: String) -> String {
        var look = String.UnicodeScalarView()
        for scalar in escaped(text).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .spaceSeparator: look.append(" ")
            // A joiner changes what stands around it.
            case .format where scalar != "\u{200C}" && scalar != "\u{200D}": break
            default: look.append(scalar)
            }
        }
        while look.last == " " { look.removeLast() }
        return String(look)
    }

    private static func look(_ text: Lines) -> [String] {
        var lines = text.lines.map(look)
        while lines.count > 1, lines.last == "" { lines.removeLast() }
        return lines
    }

    /// The text in ASCII, everything else as escapes.
    private static func spelled(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.isASCII { result.append(scalar) } else { result.append(contentsOf: escape(scalar).unicodeScalars) }
        }
        return String(result)
    }

    /// Texts by what somebody sees of them.
    private struct LookAlikes {
        private var first: [String: [UInt8]] = [:]
        private var ambiguous: Set<String> = []

        var isAmbiguous: Bool { !ambiguous.isEmpty }

        mutating func add(_ text: String) {
            let look = look(text)
            let utf8 = Array(text.utf8)
            if let known = first[look], known != utf8 { ambiguous.insert(look) } else { first[look] = utf8 }
        }

        func isAmbiguous(_ text: String) -> Bool { isAmbiguous && ambiguous.contains(look(text)) }
    }
}
