internal import EventCore
internal import LogStore

/// The blocks that were read last: a few MiB. The last few of them are open, in some more.
struct RecentBlocks {
    /// The last one asked for last.
    private var blocks: [StoredBlock] = []
    /// The last one asked for last.
    private var open: [(first: Position, header: BlockHeader, block: OpenBlock)] = []
    /// What was read last without being open.
    private var read: [Position] = []
    private static let (limit, openLimit) = (64, 8)

    /// The block that holds the event at `position`; nil when it has not been read lately.
    mutating func block(containing position: Position) -> StoredBlock? {
        guard let index = blocks.lastIndex(where: { $0.contains(position) }) else { return nil }
        if index < blocks.count - 1 { blocks.append(blocks.remove(at: index)) }
        return blocks.last
    }

    /// The block open for reading, where it has been read lately; nil where not, as a block that is read once is sooner read where it lies.
    mutating func opened(_ block: StoredBlock) throws(ReplicaError) -> OpenBlock? {
        if let index = open.lastIndex(where: { $0.first == block.first && $0.header == block.header }) {
            if index < open.count - 1 { open.append(open.remove(at: index)) }
            return open[open.count - 1].block
        }
        guard let index = read.lastIndex(of: block.first) else {
            if read.count == Self.openLimit { read.removeFirst() }
            read.append(block.first)
            return nil
        }
        read.remove(at: index)
        let opened = try block.withTypedBytes { (bytes) throws(ReplicaError) in
            do throws(BlockError) { return try OpenBlock(block.header, copying: bytes) } catch { throw .malformedBlock(at: block.first) }
        }
        if open.count == Self.openLimit { open.removeFirst() }
        open.append((block.first, block.header, opened))
        return opened
    }

    mutating func add(_ block: StoredBlock) {
        if blocks.count == Self.limit { blocks.removeFirst() }
        blocks.append(block)
    }
}
