internal import EventCore
internal import LogStore

extension Replica {
    /// Counts the conflicts of the whole log: two passes, the first of which finds the records that ever had a concurrent event. Memory for these.
    ///
    /// - Parameters:
    ///   - progress: told now and then how many events of how many have been looked at; each is twice.
    ///   - isWanted: which groups are counted.
    package func conflictStatistics(
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, _ isWanted: @escaping (ConflictStatistics.Group) -> Bool
    ) throws(ReplicaError) -> ConflictStatistics {
        let total = Int(end.index) * 2
        let concurrent = try recordsWithConcurrentEvents { progress($0, total) }
        var counter = ConflictCounter(isWanted: isWanted)
        guard !concurrent.isEmpty else { return counter.statistics }
        try eachBlock { (block, reader) throws(BlockError) in
            progress(total / 2 + Int(block.first.index), total)
            while let row = try reader.next() { if concurrent.contains(row.key) { counter.add(row) } }
        }
        return try counter.finish { (key) throws(ReplicaError) in try self.decided(in: key) }
    }

    /// What policies decide of a record's conflict as it is now; nil stands for delete against edit.
    private func decided(in key: RecordKey) throws(ReplicaError) -> Set<Name?> {
        let policies = try policies(of: key.collection)
        guard !policies.isEmpty, let conflict = try conflict(key, at: nil, policies) else { return [] }
        var decided = Set(conflict.fields.map { Optional($0.field) }).subtracting(conflict.openFields.map(\.field))
        if conflict.winner != nil { decided.insert(nil) }
        return decided
    }

    /// The records that ever had an event whose writer had not seen all that was there before it in this log.
    private func recordsWithConcurrentEvents(_ progress: (Int) -> Void) throws(ReplicaError) -> Set<RecordKey> {
        try checkTable()
        var concurrent: Set<RecordKey> = []
        try eachBlock { (block, reader) throws(BlockError) in
            progress(Int(block.first.index))
            var index = UInt64(try reader.skipFollowing())
            while let row = try reader.next() {
                if case .whole = row.context, !isFirst(Position(block.first.index + index)) { concurrent.insert(row.key) }
                index += 1 + UInt64(try reader.skipFollowing())
            }
        }
        return concurrent
    }

    /// The first event of a record covers nothing either.
    private func isFirst(_ position: Position) -> Bool {
        do throws(CheckpointDamage) { return try table.position(before: position) == nil } catch {
            preconditionFailure("all has been checked")
        }
    }

    private func eachBlock(_ body: (BlockView, inout BlockReader) throws(BlockError) -> Void) throws(ReplicaError) {
        let cursor: BlockCursor<Storage>
        do throws(LogError) { cursor = try log.blocks(from: Position(0)) } catch { throw .log(error) }
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            try Self.reading(block.header, block.first, block.bytes) { (reader) throws(BlockError) in try body(block, &reader) }
        }
    }
}
