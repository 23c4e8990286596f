internal import PromptLine

/// Text from data as a terminal may show it.
enum Printable {
    /// Control characters, and those that reorder text, as escapes: data never steers a terminal.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.steersTerminal) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard scalar.steersTerminal else {
                result.append(scalar)
                continue
            }
            result.append(contentsOf: escape(scalar).unicodeScalars)
        }
        return String(result)
    }

    static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Whole lines with the same escapes; the ends of lines stay.
    static func escapedLines(_ lines: [UInt8]) -> [UInt8] {
        guard let text = String(validating: lines, as: UTF8.self) else { return lines }
        var result = String.UnicodeScalarView()
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            let scalar = scalars[index]
            let isEnd = scalar == "\n" || (scalar == "\r" && scalars[scalars.index(after: index)...].first == "\n")
            if scalar.steersTerminal && !isEnd { result.append(contentsOf: escape(scalar).unicodeScalars) } else { result.append(scalar) }
        }
        return Array(String(result).utf8)
    }

    /// How many columns a terminal gives the text: two for East Asian wide characters and emoji, none for combining ones.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// By Unicode's East Asian Width, as wcwidth counts: emoji that are shown as such are wide, the halves of a flag and jamo that join the one before them are not.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return scalar.value == 0xAD ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x16FE0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD:
            return 2
        case 0x1F1E6...0x1F1FF: return 1
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// The text, escaped, cut with an ellipsis where it takes more columns than these.
    static func cut(_ text: String, to columns: Int) -> String {
        let escaped = escaped(text)
        guard width(escaped) > columns else { return escaped }
        var result = ""
        var used = 0
        for scalar in escaped.unicodeScalars {
            let next = width(scalar)
            if used + next > columns - 1 { break }
            result.unicodeScalars.append(scalar)
            used += next
        }
        return result + "…"
    }

    /// The text filled up with spaces, or cut with an ellipsis, to so many columns.
    static func fitted(_ text: String, to columns: Int) -> String {
        let cut = cut(text, to: columns)
        return cut + String(repeating: " ", count: max(0, columns - width(cut)))
    }
}

extension Unicode.Scalar {
    /// Whether it leaves no mark of its own on a screen, but for the blank.
    var isUnseen: Bool {
        // A pattern of Braille without dots is blank.
        if value < 0x7F || value == 0x2800 { return value < 0x20 || value == 0x2800 }
        switch properties.generalCategory {
        case .control, .format, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator: return true
        default: return properties.isDefaultIgnorableCodePoint
        }
    }

    /// Whether it is an emoji that is no letter, digit or mark as well.
    var isEmojiSign: Bool { value > 0xFF && properties.isEmoji }

    /// Whether it belongs to the emoji before it.
    var joinsEmoji: Bool { value == 0x200D || value == 0xFE0F || (0xE0020...0xE007F).contains(value) }
}
