package import EventCore

extension EventLog {
    /// Where the first block of events begins, at `position` or behind, or goes on there, that has one which `known` does not cover; the end where none has. Reads no block.
    package func firstBlock(from position: Position, beyond known: VersionVector) throws(LogError) -> Position {
        func first(_ blocks: [BlockIndexEntry]) -> Position? {
            blocks[blocks.index(reaching: position)...]
                .first { $0.kind == .events && $0.ranges?.allSatisfy { $0.last <= known[$0.device] } != true }
                .map { max($0.first, position) }
        }
        try findActiveBlocks()
        for index in sealed.indices where sealed[index].tail.endPosition > position {
            if let found = first(try sealedBlocks(index)) { return found }
        }
        return active.flatMap { first($0.blocks) } ?? end
    }
}
