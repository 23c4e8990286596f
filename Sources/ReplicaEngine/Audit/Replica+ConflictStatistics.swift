internal import EventCore
internal import LogStore

extension Replica {
    /// Counts the conflicts of the whole log: the log is folded once more, with a watch on siblings, and one look at each block says when events were written.
    /// Memory of a second table.
    ///
    /// - Parameters:
    ///   - threads: 1 or 2; nil for as many as are worth it.
    ///   - progress: told now and then how many events of how many have been looked at; each is twice.
    ///   - isWanted: which groups are counted.
    package func conflictStatistics(
        threads: Int? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ isWanted: @escaping (ConflictStatistics.Group) -> Bool
    ) throws(ReplicaError) -> ConflictStatistics {
        let total = Int(end.index) * 2
        var counter = ConflictCounter(isWanted: isWanted)
        var table = RecordTable(expectedEvents: end.index)
        var waiting = WaitingEvents()
        table.watchSiblings()
        try Self.fold(log, from: Position(0), into: &table, &waiting, threads: threads ?? Self.threads(for: end.index)) { table in
            for change in table.takeSiblingChanges() { counter.add(change) }
            progress(Int(table.eventCount), total)
        }
        let timed = counter.timed
        let times = timed.isEmpty ? [:] : try times(of: timed) { progress(total / 2 + $0, total) }
        return try counter.finish(times) { (key) throws(ReplicaError) in try self.decided(in: key) }
    }

    /// What policies decide of a record's conflict as it is now; nil stands for delete against edit.
    private func decided(in key: RecordKey) throws(ReplicaError) -> Set<Name?> {
        let policies = try policies(of: key.collection)
        guard !policies.isEmpty, let conflict = try conflict(key, at: nil, policies) else { return [] }
        var decided = Set(conflict.fields.map { Optional($0.field) }).subtracting(conflict.openFields.map(\.field))
        if conflict.winner != nil { decided.insert(nil) }
        return decided
    }
}
