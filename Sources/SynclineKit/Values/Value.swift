/// What a field holds: a JSON value.
///
/// Two values are equal when their canonical JSON (RFC 8785, integers of 64 bits exact) is: 1 and 1.0 are, texts that differ in a byte are not. A number without a
/// fraction comes back as `integer` where it fits.
public enum Value: Sendable {
    /// JSON's null, which is a value; a field without one was never set, or was unset.
    case null
    /// True or false.
    case boolean(Bool)
    /// An integer, kept exactly.
    case integer(Int64)
    /// An integer beyond `Int64.max`, kept exactly.
    case unsigned(UInt64)
    /// Any other number; writing NaN or an infinity throws `.invalid`.
    case number(Double)
    /// Text.
    case string(String)
    /// Values in their order. Arrays and objects are nested 64 deep at most.
    case array([Value])
    /// Values by name.
    case object([Name: Value])
}

extension Value: Hashable {
    /// Whether the canonical forms are the same.
    public static func == (left: Value, right: Value) -> Bool { left.canonical == right.canonical }

    /// Hashes the canonical form.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
    /// A text that stands in the source.
    public init(stringLiteral text: String) { self = .string(text) }
    /// An integer that stands in the source.
    public init(integerLiteral integer: Int64) { self = .integer(integer) }
    /// A number that stands in the source.
    public init(floatLiteral number: Double) { self = .number(number) }
    /// `true` or `false` in the source.
    public init(booleanLiteral boolean: Bool) { self = .boolean(boolean) }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// `nil` in the source is JSON's null.
    public init(nilLiteral: ()) { self = .null }
    /// A list that stands in the source.
    public init(arrayLiteral items: Value...) { self = .array(items) }
    /// An object that stands in the source; of members with one name the last counts.
    public init(dictionaryLiteral members: (Name, Value)...) { self = .object(Dictionary(members) { $1 }) }
}
