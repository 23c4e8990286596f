internal import EventCore
internal import LogStore

/// The blocks that were read last: a few MiB.
struct RecentBlocks {
    /// The last one asked for last.
    private var blocks: [StoredBlock] = []
    private static let limit = 64

    /// The block that holds the event at `position`; nil when it has not been read lately.
    mutating func block(containing position: Position) -> StoredBlock? {
        guard let index = blocks.lastIndex(where: { $0.contains(position) }) else { return nil }
        if index < blocks.count - 1 { blocks.append(blocks.remove(at: index)) }
        return blocks.last
    }

    mutating func add(_ block: StoredBlock) {
        if blocks.count == Self.limit { blocks.removeFirst() }
        blocks.append(block)
    }
}
