/// What is going to happen, by time; what was asked for first comes first at the same time. A binary heap.
struct Schedule {
    private struct Entry {
        let at: UInt64
        let number: UInt64
        let act: () throws -> Void

        func isBefore(_ other: Entry) -> Bool { (at, number) < (other.at, other.number) }
    }

    private var heap: [Entry] = []
    private var count: UInt64 = 0

    /// When the next thing happens; nil when nothing is left.
    var next: UInt64? { heap.first?.at }

    mutating func add(at: UInt64, _ act: @escaping () throws -> Void) {
        count += 1
        heap.append(Entry(at: at, number: count, act: act))
        var index = heap.count - 1
        while index > 0, case let parent = (index - 1) / 2, heap[index].isBefore(heap[parent]) {
            heap.swapAt(index, parent)
            index = parent
        }
    }

    mutating func pop() -> (at: UInt64, act: () throws -> Void)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.at, first.act) }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            guard least != index else { return (first.at, first.act) }
            heap.swapAt(index, least)
            index = least
        }
    }
}
