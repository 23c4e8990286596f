internal import EventCore
internal import LogStore

/// What the rooms below throw, as a store says it: a log that cannot be read is `.log`, a block that is not well-formed is named by its position.
extension Replica {
    /// The log's blocks from the one that holds `position` on, up to a sealed end of it or its end.
    static func blocks(
        of log: EventLog<Storage>, from position: Position = Position(0), upTo end: SealedEnd? = nil
    ) throws(ReplicaError) -> BlockCursor<Storage> {
        do throws(LogError) { return try log.blocks(from: position, upTo: end) } catch { throw .log(error) }
    }

    /// The cursor's next block; nil at the end.
    static func next(_ cursor: BlockCursor<Storage>) throws(ReplicaError) -> BlockView? {
        do throws(LogError) { return try cursor.next() } catch { throw .log(error) }
    }

    /// The block that holds the event at `position`, which is one of the log's.
    static func block(of log: EventLog<Storage>, containing position: Position) throws(ReplicaError) -> StoredBlock {
        let block: StoredBlock?
        do throws(LogError) { block = try log.block(containing: position) } catch { throw .log(error) }
        guard let block else { throw .malformedBlock(at: position) }
        return block
    }

    /// Calls `body` with the blocks that hold these steps' positions, in the order of the log and each once, and with the steps that lie in it, ascending.
    static func blocks<Step>(
        of log: EventLog<Storage>, holding steps: [(position: Position, of: Step)],
        _ body: (StoredBlock, ArraySlice<(position: Position, of: Step)>) throws(ReplicaError) -> Void
    ) throws(ReplicaError) {
        var rest = steps.sorted { $0.position < $1.position }[...]
        while let first = rest.first {
            let block = try block(of: log, containing: first.position)
            let inBlock = rest.prefix { block.contains($0.position) }
            rest = rest.dropFirst(inBlock.count)
            try body(block, inBlock)
        }
    }

    /// Does something with the block at `position`, or with what was made of blocks up to there.
    static func naming<Value>(_ position: Position, _ body: () throws(BlockError) -> Value) throws(ReplicaError) -> Value {
        do throws(BlockError) { return try body() } catch { throw .malformedBlock(at: position) }
    }
}
