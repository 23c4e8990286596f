internal import EventCore
internal import LogStore

extension Replica {
    /// Counts the conflicts of the whole log: two passes, the first of which finds the records that ever had a concurrent event. Memory for these.
    ///
    /// - Parameter isWanted: which groups are counted.
    package func conflictStatistics(
        _ isWanted: @escaping (ConflictStatistics.Group) -> Bool
    ) throws(ReplicaError) -> ConflictStatistics {
        var concurrent: Set<RecordKey> = []
        try eachRow { (row, position) throws(ReplicaError) in
            guard !row.coversAll, !concurrent.contains(row.key) else { return }
            // The first event of a record covers nothing either.
            if try positions(of: row.key).last != position { concurrent.insert(row.key) }
        }
        var counter = ConflictCounter(isWanted: isWanted)
        guard !concurrent.isEmpty else { return counter.finish() }
        try eachRow { (row, _) throws(ReplicaError) in if concurrent.contains(row.key) { counter.add(row) } }
        return counter.finish()
    }

    private func eachRow(_ body: (BlockReader.Row, Position) throws(ReplicaError) -> Void) throws(ReplicaError) {
        let cursor: BlockCursor<Storage>
        do throws(LogError) { cursor = try log.blocks(from: Position(0)) } catch { throw .log(error) }
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            for (index, row) in try Self.rows(in: block.header, block.first, block.bytes).enumerated() {
                try body(row, Position(block.first.index + UInt64(index)))
            }
        }
    }
}
