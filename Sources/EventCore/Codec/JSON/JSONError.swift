/// Why bytes are not the JSON that was asked for, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// The line of the place, counted from 1, or from the number that the caller gave to the first line.
    public let line: Int
    /// The place within its line, in bytes, counted from 1.
    public let column: Int
    /// The place within the bytes that were read, counted from 0.
    public let offset: Int
    /// What is wrong there.
    public let reason: Reason

    /// An error at a place.
    package init(line: Int, column: Int, offset: Int, reason: Reason) {
        self.line = line
        self.column = column
        self.offset = offset
        self.reason = reason
    }

    /// What is wrong. Facts only; the console makes sentences of them.
    public enum Reason: Hashable, Sendable {
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// The bytes end inside a value.
        case unexpectedEnd
        /// Something other than white space behind the value.
        case trailingBytes
        /// U+FEFF in front of a value, which RFC 8259 forbids to write.
        case byteOrderMark
        /// Arrays and objects nested beyond `Limits.valueDepth`.
        case tooDeep
        /// A key that its object has already, compared byte by byte after unescaping.
        case duplicateKey([UInt8])
        /// Bytes that are not well-formed UTF-8.
        case invalidUTF8
        /// Half of a surrogate pair.
        case loneSurrogate
        /// A backslash that starts none of the escapes of RFC 8259.
        case invalidEscape
        /// A control character in a string that is not escaped.
        case controlCharacter(UInt8)
        /// A number that starts with a zero that it does not need.
        case leadingZero
        /// An integer beyond 64 bits that is not how RFC 8785 prints a double.
        case integerOutOfRange
        /// A number beyond the greatest double.
        case numberOutOfRange
        /// `NaN` or `Infinity`.
        case notANumber
        /// A member that an event of version 1 does not have.
        case unknownMember([UInt8])
        /// A member that every event has.
        case missingMember(EventMember)
        /// A member whose value is of another type.
        case wrongType(EventMember, expected: JSONType)
        /// A number that is no integer.
        case notAnInteger(EventMember)
        /// An integer outside what the member can hold.
        case memberOutOfRange(EventMember)
        /// Not a lower-case UUID.
        case invalidDevice(EventMember)
        /// Not `device:seq`.
        case invalidDot(EventMember)
        /// A `kind` that version 1 does not have.
        case unknownKind([UInt8])
        /// `delete` beside `set` or `unset`.
        case deleteWithWrites
        /// A rule that this member's value does not keep.
        case member(EventMember, EventError)
        /// A rule that the event as a whole does not keep.
        case event(EventError)
    }
}

/// The six types of RFC 8259.
public enum JSONType: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean
    /// A number.
    case number
    /// A string.
    case string
    /// An array.
    case array
    /// An object.
    case object

    /// The type of the value that starts with `byte`; nil when none does.
    init?(firstByte byte: UInt8) {
        switch byte {
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): self = .number
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "{"): self = .object
        default: return nil
        }
    }
}
