internal import EventCore
internal import ReplicaEngine

/// A device's hash chain: where it stands, and its hash at some seqs before, from which the others are reckoned.
struct ChainMarks {
    private(set) var head: ChainHead
    /// h(0), h(stride), h(2 · stride), …
    private var marks: [Hash256] = [.zero]
    static let stride: UInt64 = 64

    init(_ device: DeviceID) { head = ChainHead(emptyChainOf: device) }

    /// Goes on to where the chain stands at a later event, past no multiple of `stride`.
    mutating func add(_ link: ChainHead) {
        head = link
        if head.dot.seq % Self.stride == 0 { marks.append(head.hash) }
    }

    /// The marks behind `seq`.
    func marks(behind seq: UInt64) -> ArraySlice<Hash256> { marks[min(marks.count, Int(seq / Self.stride) + 1)...] }

    /// Goes on to a later event by what was noted: false, with nothing done, where that is not all that lies between.
    mutating func goOn(to head: ChainHead, by noted: [Hash256]) -> Bool {
        guard head.dot.seq >= self.head.dot.seq, UInt64(marks.count + noted.count) == head.dot.seq / Self.stride + 1 else { return false }
        self.head = head
        marks += noted
        return true
    }

    /// The last mark that is not behind `seq`.
    func mark(before seq: UInt64) -> ChainHead {
        let index = seq / Self.stride
        return ChainHead(dot: Dot(device: head.dot.device, seq: index * Self.stride), hash: marks[Int(index)])
    }

    /// The chain with the device's next event.
    static func next(_ head: ChainHead, _ event: Event) -> ChainHead { head.followed(by: event.dot, canonical: event.canonicalJSON) }
}
