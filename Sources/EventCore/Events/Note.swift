/// The writer's reason for an event: at most 1 KiB of UTF-8, compared byte by byte.
public struct Note: Hashable, Sendable {
    /// The UTF-8, as it was written.
    public let utf8: [UInt8]

    /// - Throws: `.noteTooLong` or `.invalidUTF8`.
    public init(utf8: some Sequence<UInt8>) throws(EventError) {
        let bytes = Array(utf8)
        guard bytes.count <= Limits.noteBytes else { throw .noteTooLong(bytes: bytes.count) }
        guard bytes.isValidUTF8 else { throw .invalidUTF8 }
        self.utf8 = bytes
    }

    /// - Throws: `.noteTooLong`.
    public init(_ text: some StringProtocol) throws(EventError) {
        try self.init(utf8: text.utf8)
    }

    /// Hashes all bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(text: utf8) }

    /// The text for people; never compare it.
    public var text: String { String(decoding: utf8, as: UTF8.self) }
}
