package import EventCore

/// Policies as they are read, and records as policies show them.
extension Replica {
    /// The policies of a collection, now or then. `_policy` itself is read by `master`.
    ///
    /// Looked up once until the log goes on. For a moment that is an event of one record they are those of the event's time.
    package func policies(of collection: Name, at moment: Moment? = nil) throws(ReplicaError) -> CollectionPolicies {
        if collection == .policies { return .ofPolicies }
        let key = PolicyCache.Key(collection: collection, moment: moment)
        if let known = policyCache.policies(key, at: end) { return known }
        let policyKey = RecordKey(collection: .policies, record: collection)
        let found = try decided(policyKey, at: try inTime(moment)).map { CollectionPolicies($0.shown) } ?? .none
        policyCache.add(found, key, at: end)
        return found
    }

    /// The record as policies show it, now or then; nil when it has no event.
    package func decided(_ key: RecordKey, at moment: Moment? = nil) throws(ReplicaError) -> DecidedRecord? {
        let found = if let moment { try record(key, at: moment) } else { try record(key) }
        return try found.map { (record) throws(ReplicaError) in try decided(record, at: moment) }
    }

    /// The same of a record that has been read, as it is at `moment`. Reads no history where nothing is contested, or no policy is there.
    package func decided(_ record: Record, at moment: Moment? = nil) throws(ReplicaError) -> DecidedRecord {
        guard record.isContested || record.heads.count > 1 else { return DecidedRecord(record: record, conflict: nil) }
        let policies = try policies(of: record.key.collection, at: moment)
        guard !policies.isEmpty, record.isContested || policies.isConflictOfWholeEdits(record) else {
            return DecidedRecord(record: record, conflict: nil)
        }
        return DecidedRecord(record: record, conflict: try conflict(record.key, at: moment, policies))
    }

    /// Calls `body` with records as policies show them, sorted by key, of one collection or all, now or then, until it returns false.
    package func decidedRecords(
        in collection: Name?, at moment: Moment? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ body: (DecidedRecord) throws -> Bool
    ) throws {
        let then = try moment.map { try inLog($0) }
        try records(in: collection, at: then, progress: progress) { try body(try decided($0, at: then)) }
    }

    /// Positions of one log are no other replica's, so an event of one record stands for its time.
    private func inTime(_ moment: Moment?) throws(ReplicaError) -> Moment? {
        guard case .dot(let dot) = moment else { return moment }
        guard let logged = try row(of: dot) else { throw .unknownEvent(dot) }
        return .time(milliseconds: logged.row.time.milliseconds)
    }
}
