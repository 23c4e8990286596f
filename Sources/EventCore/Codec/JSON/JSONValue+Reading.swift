/// What a value is taken for, where anything else is nil.
extension JSONValue {
    /// A string, as text.
    package var text: String? {
        guard case .string(let utf8) = self else { return nil }
        return String(decoding: utf8, as: UTF8.self)
    }

    /// A string of lower-case hexadecimal digits, as bytes.
    package var bytes: [UInt8]? {
        guard case .string(let utf8) = self else { return nil }
        return Hexadecimal.bytes(utf8)
    }

    /// A number that is no less than 0 and has no fraction.
    package var integer: UInt64? {
        switch self {
        case .integer(let integer): UInt64(exactly: integer)
        case .unsigned(let integer): integer
        default: nil
        }
    }

    package var isTrue: Bool { self == .boolean(true) }

    package var items: [JSONValue]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}
