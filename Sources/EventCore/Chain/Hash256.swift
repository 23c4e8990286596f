/// The 32 bytes of a SHA-256.
package struct Hash256: Hashable, Comparable, Sendable {
    /// How many bytes it has.
    package static let sizeBytes = 32
    /// 32 zero bytes: what a hash chain begins with.
    package static let zero = Hash256(words: (0, 0, 0, 0))

    // Four big-endian words, so that one lies in registers and not on the heap.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { (first, second, third, fourth) = words }

    /// nil unless there are 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.sizeBytes else { return nil }
        self = Array(bytes).withUnsafeBytes { Self(raw: $0) }
    }

    /// Takes 32 bytes where they lie.
    package init(raw bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.sizeBytes)
        func word(_ offset: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        self.init(words: (word(0), word(8), word(16), word(24)))
    }

    /// Writes the 32 bytes.
    package func write(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: first.bigEndian, as: UInt64.self)
        memory.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: third.bigEndian, toByteOffset: 16, as: UInt64.self)
        memory.storeBytes(of: fourth.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(text.utf8) else { return nil }
        self.init(bytes)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.sizeBytes)
        for word in [first, second, third, fourth] { bytes.append(bigEndian: word) }
        return bytes
    }

    /// Ordered as the bytes are.
    package static func < (left: Self, right: Self) -> Bool {
        (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
    }
}

extension Hash256: CustomStringConvertible {
    /// 64 hexadecimal digits.
    package var description: String { Hexadecimal.text(bytes) }
}

extension [UInt8] {
    /// Appends eight bytes, the most significant first.
    package mutating func append(bigEndian number: UInt64) {
        for shift in stride(from: 56 as UInt64, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
