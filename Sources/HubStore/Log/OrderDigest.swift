internal import Crypto
internal import EventCore

/// What stands for all events before a position, in their order: d(0) = 32 zero bytes, d(n + 1) = SHA-256(d(n) ‖ device ‖ seq, big-endian).
///
/// Events are told apart by name: that a name has other bytes is found by the chains.
struct OrderDigest {
    private(set) var value = Hash256.zero
    private(set) var count: UInt64 = 0
    /// The digest at each multiple of `stride`.
    private var marks: [Hash256] = []
    private static let stride: UInt64 = 256

    mutating func add(_ dot: Dot) {
        if count % Self.stride == 0 { marks.append(value) }
        value = Self.next(value, dot)
        count += 1
    }

    /// The digest at a position, which is no greater than `count`; `dots` reads the dots from one position up to another.
    func value<Failure: Error>(at position: UInt64, dots: (Position, Position) throws(Failure) -> [Dot]) throws(Failure) -> Hash256 {
        guard position < count else { return value }
        let mark = position / Self.stride
        guard position % Self.stride > 0 else { return marks[Int(mark)] }
        return try dots(Position(mark * Self.stride), Position(position)).reduce(marks[Int(mark)], Self.next)
    }

    private static func next(_ value: Hash256, _ dot: Dot) -> Hash256 {
        withUnsafeTemporaryAllocation(byteCount: Hash256.sizeBytes + 24, alignment: 8) { bytes in
            guard let base = bytes.baseAddress else { return value }
            value.write(to: base)
            for (index, word) in [dot.device.high, dot.device.low, dot.seq].enumerated() {
                base.storeBytes(of: word.bigEndian, toByteOffset: Hash256.sizeBytes + 8 * index, as: UInt64.self)
            }
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            return hash.finalize().withUnsafeBytes { Hash256(raw: $0) }
        }
    }
}
