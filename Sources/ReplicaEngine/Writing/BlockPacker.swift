internal import EventCore
internal import LogStore

/// Packs events into as many full blocks as they need.
struct BlockPacker {
    private let kind: BlockHeader.Kind
    private var builder: BlockBuilder
    private var blocks: [LogBlock] = []

    init(kind: BlockHeader.Kind) {
        self.kind = kind
        builder = BlockBuilder(kind: kind)
    }

    mutating func append(_ event: Event, context: ContextForm) {
        builder.append(event, context: context)
        if builder.isFull { close() }
    }

    /// Blocks that are complete, and no longer here.
    mutating func takeFull() -> [LogBlock] {
        defer { blocks = [] }
        return blocks
    }

    /// All blocks, the last one as full as it is.
    mutating func finish() -> [LogBlock] {
        if builder.count > 0 { close() }
        return takeFull()
    }

    private mutating func close() {
        blocks.append(LogBlock(bytes: builder.finish(), ranges: builder.authors))
        builder = BlockBuilder(kind: kind)
    }
}

/// Packs the rows of a log into full blocks for a sealed segment.
///
/// A block is full when it will have about `BlockHeader.payloadGoalBytes`; how well its events compress is guessed from the block before.
struct SealedBlockPacker {
    private var builder = PackedBlockBuilder()
    private var blocks: [LogBlock] = []
    /// Raw bytes at which a block is closed.
    private var goalBytes = BlockHeader.payloadGoalBytes

    private static let goalLimitBytes = 512 * 1024

    mutating func append(_ row: BlockReader.Row) {
        builder.append(row)
        if builder.rawBytes >= goalBytes { close() }
    }

    /// Blocks that are complete, and no longer here.
    mutating func takeFull() -> [LogBlock] {
        defer { blocks = [] }
        return blocks
    }

    /// All blocks, the last one as full as it is.
    mutating func finish() -> [LogBlock] {
        if builder.count > 0 { close() }
        return takeFull()
    }

    private mutating func close() {
        let bytes = builder.finish()
        blocks.append(LogBlock(bytes: bytes, ranges: builder.authors))
        let goal = builder.rawBytes * BlockHeader.payloadGoalBytes / bytes.count
        goalBytes = min(max(goal, BlockHeader.payloadGoalBytes), Self.goalLimitBytes)
        builder = PackedBlockBuilder()
    }
}
