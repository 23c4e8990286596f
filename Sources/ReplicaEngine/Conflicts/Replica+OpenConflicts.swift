package import EventCore
internal import LogStore

/// Which records are in conflict: in time proportional to the records that have siblings, whatever else the store holds.
extension Replica {
    /// How many records are in conflict now. Counted once for each state of the store, so it may be asked for at every prompt.
    package func openConflictCount() throws(ReplicaError) -> Int {
        if let countedConflicts, countedConflicts.events == table.eventCount { return countedConflicts.count }
        try checkForConflicts()
        let count = try contestedPlaces().count
        countedConflicts = (table.eventCount, count)
        return count
    }

    /// The records that are in conflict now, or were then, sorted; of one collection or all.
    package func contestedKeys(in collection: Name? = nil, at moment: Moment? = nil) throws(ReplicaError) -> [RecordKey] {
        if let moment { return try contestedKeys(in: collection, then: moment) }
        let places = try contestedPlaces()
        return places.map { table.key(at: $0) }.filter { collection == nil || $0.collection == collection }.sorted()
    }

    /// Calls `body` with each conflict that is open now, or was then, sorted by record, until it returns false. The first of now come before the others are
    /// looked at.
    package func openConflicts(
        in collection: Name? = nil, at moment: Moment? = nil, _ body: (OpenConflict) throws -> Bool
    ) throws {
        if let moment {
            let then = try inLog(moment)
            return try contestedRecords(in: collection, then: then) { record in
                let conflict = record.isDeleteAgainstEdit ? try conflict(record.key, at: then).map(OpenConflict.init) : OpenConflict(record)
                return try conflict.map(body) ?? true
            }
        }
        try checkForConflicts()
        var (times, count) = ([Dot: HybridTime](), 0)
        func isLast(_ key: RecordKey) throws -> Bool {
            // A few are found one by one, at the end of their records' histories; the rest by one look at the log.
            if count == Self.contestedOneByOne { times = try timesOfContested(many: 0) }
            count += 1
            return try openConflict(key, times: times).map { try !body($0) } ?? false
        }
        guard table.isChecked else {
            // A history that turns out to be damaged would void all places.
            for key in try contestedKeys(in: collection) { if try isLast(key) { return } }
            return
        }
        var places = table.sorted(try contestedPlaces().filter { collection == nil || table.collection(at: $0) == collection })
        while let place = places.next(in: table) { if try isLast(table.key(at: place)) { return } }
    }

    private func openConflict(_ key: RecordKey, times: [Dot: HybridTime]) throws(ReplicaError) -> OpenConflict? {
        guard let record = try record(key, times: times), record.isContested else { return nil }
        // Which edits stand against a delete depends on what they had seen.
        return record.isDeleteAgainstEdit ? try conflict(key).map(OpenConflict.init) : OpenConflict(record)
    }

    func contestedPlaces() throws(ReplicaError) -> [RecordTable.Place] {
        try reading { (table) throws(CheckpointDamage) in try table.contestedPlaces() }
    }

    /// Many records with siblings lie everywhere: then checking all at once is faster than one by one.
    private func checkForConflicts() throws(ReplicaError) {
        if table.nodeBytes > Self.manyNodeBytes { try checkTable() }
    }

    private static var manyNodeBytes: Int { 1 << 20 }
}
