/// The name of a collection, a record or a field: 1 to 255 bytes of UTF-8, compared byte by byte.
///
/// Not a `String`, because `String` calls NFC and NFD spellings equal and we never do.
public struct Name: Hashable, Comparable, Sendable {
    /// The UTF-8, as it was written.
    public let utf8: [UInt8]

    /// Takes bytes that are known to be UTF-8 of the right length.
    package init(unchecked utf8: [UInt8]) {
        precondition(!utf8.isEmpty && utf8.count <= Limits.nameBytes)
        self.utf8 = utf8
    }

    /// - Throws: `.emptyName`, `.nameTooLong` or `.invalidUTF8`.
    public init(utf8: some Sequence<UInt8>) throws(EventError) {
        let bytes = Array(utf8)
        guard !bytes.isEmpty else { throw .emptyName }
        guard bytes.count <= Limits.nameBytes else { throw .nameTooLong(bytes: bytes.count) }
        guard bytes.isValidUTF8 else { throw .invalidUTF8 }
        self.utf8 = bytes
    }

    /// - Throws: `.emptyName` or `.nameTooLong`.
    public init(_ text: some StringProtocol) throws(EventError) {
        try self.init(utf8: text.utf8)
    }

    /// Whether the bytes are the same; eight at a time.
    public static func == (left: Self, right: Self) -> Bool {
        left.utf8.withUnsafeBytes { left in
            right.utf8.withUnsafeBytes { right in
                guard left.count == right.count, let bytes = left.baseAddress, let others = right.baseAddress else { return false }
                return bytes == others || sameBytes(bytes, others, left.count)
            }
        }
    }

    /// Hashes all bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(text: utf8) }

    /// The text for people; never compare it.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// Ordered byte by byte; a prefix comes first.
    public static func < (left: Self, right: Self) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension Name: CustomStringConvertible {
    /// The text for people.
    public var description: String { text }
}

extension Hasher {
    /// Adds bytes and how many they are. In one piece, which is much faster than one by one, as arrays do it.
    mutating func combine(text: [UInt8]) {
        combine(text.count)
        text.withUnsafeBytes { combine(bytes: $0) }
    }
}

extension Sequence<UInt8> {
    /// Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing cut off.
    package var isValidUTF8: Bool {
        let bytes = Array(self)
        return bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
}
