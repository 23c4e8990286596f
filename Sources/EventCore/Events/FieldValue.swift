/// A JSON value in canonical form (RFC 8785; integers of 64 bits exact), so that equal values have equal bytes.
public struct FieldValue: Hashable, Sendable {
    /// The canonical JSON text.
    public let canonical: [UInt8]

    /// Takes bytes that are known to be canonical; `init(json:)` checks and converts.
    package init(uncheckedCanonical canonical: [UInt8]) {
        precondition(!canonical.isEmpty)
        self.canonical = canonical
    }

    /// Hashes all bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(text: canonical) }

    /// JSON `null`.
    public static let null = FieldValue(uncheckedCanonical: Array("null".utf8))
}

extension FieldValue: CustomStringConvertible {
    /// The canonical JSON text.
    public var description: String { String(decoding: canonical, as: UTF8.self) }
}
