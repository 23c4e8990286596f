internal import EventCore

/// Where a block lies and what it holds.
struct BlockIndexEntry: Hashable, Sendable {
    let offset: Int
    let sizeBytes: Int
    let first: Position
    let count: UInt32
    let kind: BlockHeader.Kind
    /// nil while nobody has asked: reading them off a block costs a look at each event.
    var ranges: [DeviceRange]?

    init(offset: Int, sizeBytes: Int, first: Position, count: UInt32, kind: BlockHeader.Kind, ranges: [DeviceRange]?) {
        self.offset = offset
        self.sizeBytes = sizeBytes
        self.first = first
        self.count = count
        self.kind = kind
        self.ranges = ranges
    }

    init(offset: Int, first: Position, header: BlockHeader, ranges: [DeviceRange]?) {
        self.init(
            offset: offset, sizeBytes: header.blockBytes, first: first, count: header.count, kind: header.kind, ranges: ranges)
    }

    /// The position after the block.
    var end: Position { Position(first.index + (kind == .events ? UInt64(count) : 0)) }
}

extension [BlockIndexEntry] {
    /// The first block that ends behind `position`, or is a waiting one that stands there or later. O(log n).
    func index(reaching position: Position) -> Int {
        partitionPoint { $0.kind == .events ? $0.end <= position : $0.first < position }
    }

    /// The first block that begins at `position` or later. O(log n).
    func index(beginningAt position: Position) -> Int { partitionPoint { $0.first < position } }

    /// The block that holds the event at `position`.
    func containing(_ position: Position) -> BlockIndexEntry? {
        var index = index(reaching: position)
        while index < count, self[index].kind == .waiting { index += 1 }
        guard index < count, self[index].first <= position else { return nil }
        return self[index]
    }
}
