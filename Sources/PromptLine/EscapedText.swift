/// What stands between `$'` and `'`: text with the escapes of C, as bash and its like read it. With it what a terminal would obey can be typed, and shown, as plain characters.
package enum EscapedText {
    /// The text that is meant. Where its bytes are no text all stays as it was typed.
    static func decoded(_ typed: some Collection<Unicode.Scalar>) -> String {
        var (rest, bytes, isText) = (Array(typed)[...], [UInt8](), true)
        func number(_ digits: Int, _ radix: Int) -> UInt32? {
            let found = rest.prefix(digits).prefix { $0.isASCII && Character($0).hexDigitValue.map { $0 < radix } ?? false }
            guard let value = UInt32(String(String.UnicodeScalarView(found)), radix: radix) else { return nil }
            rest = rest.dropFirst(found.count)
            return value
        }
        func append(_ scalar: Unicode.Scalar) { bytes += Array(String(scalar).utf8) }
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let meant = rest.first else {
                append(scalar)
                continue
            }
            if let character = characters[meant] {
                rest = rest.dropFirst()
                append(character)
                continue
            }
            let digits = rest
            switch meant {
            case "x", "u", "U":
                rest = rest.dropFirst()
                guard let value = number(meant == "x" ? 2 : meant == "u" ? 4 : 8, 16) else {
                    rest = digits
                    append(scalar)
                    continue
                }
                if meant == "x" {
                    bytes.append(UInt8(value))
                } else if let character = Unicode.Scalar(value) {
                    append(character)
                } else {
                    isText = false
                }
            case "0"..."7":
                bytes.append(UInt8(truncatingIfNeeded: number(3, 8) ?? 0))
            default:
                append(scalar)
            }
        }
        let whole = isText ? String(validating: bytes, as: UTF8.self) : nil
        return whole ?? String(String.UnicodeScalarView(typed))
    }

    /// How a character is typed there.
    package static func typed(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let width = digits.count > 4 ? 8 : 4
        return (width > 4 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
    }

    private static let characters: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "'": "'", "\"": "\"", "?": "?", "n": "\n", "t": "\t", "r": "\r", "a": "\u{7}", "b": "\u{8}", "e": "\u{1B}",
        "E": "\u{1B}", "f": "\u{C}", "v": "\u{B}",
    ]
}

extension Unicode.Scalar {
    /// Whether a terminal obeys it or shows text in another order for it, so that it is never shown as it is.
    package var steersTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
