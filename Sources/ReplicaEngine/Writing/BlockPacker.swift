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
