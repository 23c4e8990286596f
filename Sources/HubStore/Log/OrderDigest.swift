internal import Crypto
internal import EventCore
internal import ReplicaEngine

/// What stands for all events before a position, in their order. With n the position and m the greatest multiple of 256 that is not beyond it, it is
/// D(m) where they are one, else SHA-256(D(m) ‖ names of the events from m up to n); D(0) = 32 zero bytes, D(m + 256) = SHA-256(D(m) ‖ names of the 256 events from m on).
///
/// A name is device ‖ seq, big-endian: 24 bytes. Events are told apart by name: that a name has other bytes is found by the chains.
struct OrderDigest {
    private(set) var count: UInt64 = 0
    /// The digest at each multiple of `stride`.
    private var marks: [Hash256] = [.zero]
    /// The names from the last mark on.
    private var names: [UInt8] = []
    private static let stride: UInt64 = 256
    private static let nameBytes = 24

    mutating func add(_ dot: Dot) {
        names.append(name: dot)
        count += 1
        guard count % Self.stride == 0 else { return }
        marks.append(Self.hash(marks[marks.count - 1], names[...]))
        names.removeAll(keepingCapacity: true)
    }

    /// The digests behind a position.
    func marks(behind position: Position) -> ArraySlice<Hash256> { marks[min(marks.count, Int(position.index / Self.stride) + 1)...] }

    /// As it stands at a position, which is so far from the last of all marks before it that `dots` has the events between; nil where they do not fit together.
    init?(at position: Position, marks noted: [Hash256], dots: (Position) throws(ReplicaError) -> [Dot]) throws(ReplicaError) {
        guard UInt64(noted.count) == position.index / Self.stride else { return nil }
        marks += noted
        count = UInt64(noted.count) * Self.stride
        for dot in try dots(Position(count)) { add(dot) }
        guard count == position.index else { return nil }
    }

    init() {}

    /// The digest at a position, which is no greater than `count`; `dots` reads the dots from one position up to another.
    func value<Failure: Error>(at position: UInt64, dots: (Position, Position) throws(Failure) -> [Dot]) throws(Failure) -> Hash256 {
        let mark = Int(position / Self.stride)
        let rest = Int(position % Self.stride)
        guard rest > 0 else { return marks[mark] }
        guard mark < marks.count - 1 else { return Self.hash(marks[mark], names[..<(rest * Self.nameBytes)]) }
        var earlier: [UInt8] = []
        for dot in try dots(Position(UInt64(mark) * Self.stride), Position(position)) { earlier.append(name: dot) }
        return Self.hash(marks[mark], earlier[...])
    }

    private static func hash(_ mark: Hash256, _ names: ArraySlice<UInt8>) -> Hash256 {
        var hash = SHA256()
        hash.update(data: mark.bytes)
        names.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { Hash256(raw: $0) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(name dot: Dot) {
        Swift.withUnsafeBytes(of: (dot.device.high.bigEndian, dot.device.low.bigEndian, dot.seq.bigEndian)) { append(contentsOf: $0) }
    }
}
