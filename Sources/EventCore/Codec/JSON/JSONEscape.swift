/// The escapes of canonical JSON: the fewest and shortest. Source: RFC 8785, section 3.2.2.2.
enum JSONEscape {
    /// Whether the scalar is written with a backslash and one letter.
    static func hasShortForm(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{08}", "\t", "\n", "\u{0C}", "\r", "\"", "\\": true
        default: false
        }
    }
}

extension [UInt8] {
    /// Appends a scalar of a string as canonical JSON writes it.
    mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x80 {
            appendEscaped(UInt8(scalar.value))
        } else if let encoded = UTF8.encode(scalar) {
            append(contentsOf: encoded)
        }
    }

    /// Appends a byte of a string's UTF-8 as canonical JSON writes it.
    mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): appendBackslash(byte)
        case 0x08: appendBackslash(UInt8(ascii: "b"))
        case 0x09: appendBackslash(UInt8(ascii: "t"))
        case 0x0A: appendBackslash(UInt8(ascii: "n"))
        case 0x0C: appendBackslash(UInt8(ascii: "f"))
        case 0x0D: appendBackslash(UInt8(ascii: "r"))
        case ..<0x20:
            append(contentsOf: "\\u00".utf8)
            append(UInt8(ascii: "0") + byte >> 4)
            append(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
        default: append(byte)
        }
    }

    private mutating func appendBackslash(_ letter: UInt8) {
        append(UInt8(ascii: "\\"))
        append(letter)
    }
}
