internal import EventCore

/// The events of one device that came before what they build on: 16 bytes each, the earliest at hand. A binary heap.
///
/// A device's events are admitted in the order of their seqs, so only the earliest can be the next: there is no need to know what the others wait for.
struct EarlyEvents {
    /// An event put aside.
    struct Entry: Comparable {
        let seq: UInt64
        /// Where it lies, above 24 bits of how many bytes it has; 0 says among the store's waiting events.
        private let place: UInt64

        /// An event in the spool.
        init(seq: UInt64, offset: Int, byteCount: Int) {
            precondition(byteCount > 0 && byteCount < 1 << 24)
            precondition(offset < 1 << 40)
            self.seq = seq
            place = UInt64(offset) << 24 | UInt64(byteCount)
        }

        /// One of the store's waiting events.
        init(waiting seq: UInt64) {
            self.seq = seq
            place = 0
        }

        /// Whether it was offered now, and did not wait already.
        var isOffered: Bool { place != 0 }
        var offset: Int { Int(place >> 24) }
        var byteCount: Int { Int(place & (1 << 24 - 1)) }

        /// By seq; what came first comes first.
        static func < (left: Self, right: Self) -> Bool { (left.seq, left.place) < (right.seq, right.place) }
    }

    private var heap: [Entry] = []

    var isEmpty: Bool { heap.isEmpty }
    var first: Entry? { heap.first }
    /// All of them, earliest first.
    var sorted: [Entry] { heap.sorted() }

    mutating func add(_ entry: Entry) {
        var at = heap.count
        heap.append(entry)
        while at > 0, heap[at] < heap[(at - 1) / 2] {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var at = 0
        while true {
            var least = 2 * at + 1
            guard least < heap.count else { return }
            if least + 1 < heap.count && heap[least + 1] < heap[least] { least += 1 }
            guard heap[least] < heap[at] else { return }
            heap.swapAt(at, least)
            at = least
        }
    }
}
