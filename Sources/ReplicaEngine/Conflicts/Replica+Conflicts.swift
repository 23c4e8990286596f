package import EventCore
internal import LogStore

/// Conflicts as values: base and sides out of the record's history.
extension Replica {
    /// The record's conflict, whether policies decide it or not; nil when nothing is contested.
    package func conflict(_ key: RecordKey, at moment: Moment? = nil) throws(ReplicaError) -> Conflict? {
        guard let place = try place(of: key) else { return nil }
        if moment == nil && !table.hasSiblings(at: place) { return nil }
        let policies = try policies(of: key.collection, at: moment)
        if moment == nil {
            // Most siblings agree: that is seen without the record's history.
            let record = try recordWithoutTimes(at: place)
            guard record.isContested || policies.isConflictOfWholeEdits(record) else { return nil }
        }
        return try conflict(key, at: moment, policies)
    }

    /// Calls `body` with each conflict that no policy decides now, sorted by record, until it returns false. The first come before the others are looked at.
    ///
    /// - Parameters:
    ///   - collection: the only one that is asked for; nil for all.
    ///   - values: what is wanted shows them. Records that are told at a look not to are left out.
    package func eachConflict(in collection: Name? = nil, mayShow values: [FieldWrite] = [], _ body: (Conflict) throws -> Bool) throws {
        let sought = values.map { table.sought($0) }
        try openConflicts(in: collection) { open in
            try conflict(open.key).map(body) ?? true
        } mayBeWanted: { place, policies in
            mayShow(values, sought, at: place, policies)
        }
    }

    /// All conflicts that no policy decides, sorted by record; of one collection or all, now or then.
    package func conflicts(in collection: Name? = nil, at moment: Moment? = nil) throws(ReplicaError) -> [Conflict] {
        var conflicts: [Conflict] = []
        let then = try moment.map { (moment) throws(ReplicaError) in try inLog(moment) }
        for key in try contestedKeys(in: collection, at: then) {
            if let conflict = try conflict(key, at: then), conflict.isOpen { conflicts.append(conflict) }
        }
        return conflicts
    }

    func conflict(_ key: RecordKey, at moment: Moment?, _ policies: CollectionPolicies) throws(ReplicaError) -> Conflict? {
        var past: RecordPast<Storage>?
        let found: Record?
        if let moment {
            // What has been read for the record's sake is not read again for the sides'.
            guard let then = try self.past(of: key, at: moment) else { return nil }
            (past, found) = (then.past, try then.past.record(then.cut))
        } else {
            found = try record(key)
        }
        guard let record = found, record.isContested || policies.isConflictOfWholeEdits(record) else { return nil }
        if past == nil {
            past = try RecordPast(
                self, key, holding: policies.isConflictOfWholeEdits(record) ? Set(record.heads) : record.contestingDots)
        }
        return try past.map { (past) throws(ReplicaError) in
            try ConflictBuilder(record: record, past: past, policies: policies).conflict()
        }
    }
}
