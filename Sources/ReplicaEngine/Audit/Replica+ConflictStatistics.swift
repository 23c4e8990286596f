internal import EventCore
internal import LogStore

extension Replica {
    /// Counts the conflicts of the whole log. What was counted up to the checkpoint is read (`SavedConflictCount`), and what came behind it folded once more, with a watch on siblings. Where nothing was
    /// saved the whole log is, with the memory of a second table, and the count up to the checkpoint is saved.
    ///
    /// - Parameters:
    ///   - threads: 1 or 2; nil for as many as are worth it.
    ///   - progress: told now and then how many events of how many have been looked at; each is twice.
    ///   - isWanted: which groups are counted.
    package func conflictStatistics(
        threads: Int? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ isWanted: (ConflictStatistics.Group) -> Bool
    ) throws(ReplicaError) -> ConflictStatistics {
        var policies: [Name: CollectionPolicies] = [:]
        for collection in table.collections.names {
            let own = try self.policies(of: collection)
            if !own.isEmpty { policies[collection] = own }
        }
        var count: ConflictCount
        var decided: [ConflictStatistics.Group: Int] = [:]
        if var saved = try savedCount(threads) {
            if !policies.isEmpty {
                let known = try decisions()
                let found = try? saved.decidedCounts(of: { policies[$0] != nil }) { (collection, newest) in
                    policies[collection].flatMap { known.decided(at: newest, in: collection, under: $0) }
                }
                if let found { decided = found }
            }
            count = saved.count
        } else {
            count = try countAll(threads, progress)
            if !policies.isEmpty { _ = try decisions() }
        }
        return try count.statistics(isWanted, decidedElsewhere: decided) { (key) throws(ReplicaError) in
            guard let own = policies[key.collection] else { return [] }
            return try self.decided(key, own)?.fields ?? []
        }
    }

    /// Sees to it that the count up to the checkpoint is saved, so that `conflictStatistics` takes no look at what lies before it.
    package func saveConflictCount(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ReplicaError) {
        if readCount()?.end != checkpointEnd { _ = try countAll(nil, progress) }
    }

    /// The count that goes with a new checkpoint at the sealed end of the log, where one went with the last; nil where nobody has ever asked.
    func countToGoOnWith(to end: SealedEnd) throws(ReplicaError) -> SavedConflictCount? {
        guard let saved = readCount(), let now = try goOn(saved, nil) else { return nil }
        return now.goneOn(now.count, to: end) { Self.newestPosition(of: $0, in: table) }
    }

    func save(_ count: SavedConflictCount) { replaceDerivedFile(SavedConflictCount.fileName, with: count.bytes) }

    // MARK: - From what was saved

    private func readCount() -> SavedConflictCount? {
        guard let saved = derivedFile(SavedConflictCount.fileName).flatMap(SavedConflictCount.init), log.contains(saved.end) else {
            return nil
        }
        return saved
    }

    private func savedCount(_ threads: Int?) throws(ReplicaError) -> SavedConflictCount? {
        try readCount().flatMap { (saved) throws(ReplicaError) in try goOn(saved, threads) }
    }

    /// Where a record's newest event stands; nil where that cannot be told.
    private static func newestPosition(of key: RecordKey, in table: borrowing RecordTable) -> Position? {
        guard let place = try? table.place(of: key) else { return nil }
        return table.newestPosition(at: place)
    }

    /// The saved count, and what the events behind it did; nil when it cannot be gone on with: the checkpoint is another one, or damaged.
    private func goOn(_ saved: SavedConflictCount, _ threads: Int?) throws(ReplicaError) -> SavedConflictCount? {
        let total = log.end.index - saved.end.position.index
        guard total > 0 else { return saved }
        var waiting = WaitingEvents()
        guard let image = log.readCheckpoint().image, image.end == saved.end,
            var table = try Self.table(adopting: image, toFold: log, &waiting)
        else { return nil }
        table.watchSiblings()
        var changes: [SiblingChange] = []
        try Self.fold(log, from: saved.end.position, into: &table, &waiting, threads: threads ?? Self.threads(for: total)) { table in
            changes += table.takeSiblingChanges()
        }
        var (saved, keys) = (saved, Set(changes.map(\.key)))
        let broughtBack = Set(changes.filter(\.bringsBack).map(\.key))
        do throws(BlockError) {
            try saved.take { keys.remove($0) != nil }
            if !broughtBack.isEmpty { try saved.takeSettled(broughtBack.contains) }
        } catch { return nil }
        var count = saved.count
        for change in changes { count.add(change) }
        try time(&count) { _ in }
        return saved.goneOn(count, to: saved.end)
    }

    // MARK: - From the beginning

    private func countAll(_ threads: Int?, _ progress: (Int, Int) -> Void) throws(ReplicaError) -> ConflictCount {
        let (total, threads) = (Int(end.index) * 2, threads ?? Self.threads(for: end.index))
        var count = ConflictCount()
        var table = RecordTable(expectedEvents: end.index)
        var waiting = WaitingEvents()
        table.watchSiblings()
        var from = Position(0)
        let stops: [SealedEnd?] = if let checkpointEnd { [checkpointEnd, nil] } else { [nil] }
        for stop in stops {
            try Self.fold(log, from: from, upTo: stop, into: &table, &waiting, threads: threads) { table in
                for change in table.takeSiblingChanges() { count.add(change) }
                progress(Int(table.eventCount), total)
            }
            try time(&count) { progress(total / 2 + $0, total) }
            guard let stop else { continue }
            save(SavedConflictCount(count, at: stop) { Self.newestPosition(of: $0, in: table) })
            from = stop.position
        }
        return count
    }

    /// Finds out when events were written, as far as the count has to know it: few one by one, many by one look at each block.
    private func time(_ count: inout ConflictCount, _ progress: (Int) -> Void) throws(ReplicaError) {
        let untimed = count.untimed
        guard !untimed.isEmpty else { return }
        let areFew = untimed.count < end.index / Self.eventsLookedAtLikeOneBlock
        count.take(areFew ? try timesOneByOne(of: untimed) : try times(of: untimed, progress: progress))
    }

    /// A block that is looked for takes about as long as so many events of which only the times are read.
    private static var eventsLookedAtLikeOneBlock: UInt64 { 3000 }
}
