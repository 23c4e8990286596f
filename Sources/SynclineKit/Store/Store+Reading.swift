internal import EventCore
internal import ReplicaEngine

extension Store {
    /// A record, as policies show it; nil where there never was one. A deleted one is there, and says so.
    ///
    /// - Throws: `.invalid`, `.closed`, `.damaged`, `.system`
    public func record(_ key: RecordKey) throws(SynclineError) -> Record? {
        let key = try key.checked()
        return try turn { store in try store.decided(key).map { Record($0) } }
    }

    /// The records of a collection that are not deleted, sorted by id, byte by byte.
    ///
    /// - Throws: as `record`
    public func records(in collection: Name) throws(SynclineError) -> [Record] {
        let collection = try collection.checked()
        return try turn { store in
            var records: [Record] = []
            try store.decidedRecords(in: collection) { record in
                if !record.isDeleted { records.append(Record(record)) }
                return true
            }
            return records
        }
    }

    /// The collections that ever had a record, sorted.
    ///
    /// - Throws: `.closed`
    public func collections() throws(SynclineError) -> [Name] { try turn { store in store.collectionNames.map { Name($0) } } }

    /// The conflict that a record is in; nil where there is nothing to decide. Reads the record's history.
    ///
    /// - Throws: as `record`
    public func conflict(in record: RecordKey) throws(SynclineError) -> Conflict? {
        let key = try record.checked()
        return try turn { store in
            try store.conflict(key).flatMap { $0.isOpen ? Conflict($0, store.names) : nil }
        }
    }

    /// Every conflict that somebody has to decide, sorted by record; of one collection, or all with nil.
    ///
    /// - Throws: as `record`
    public func conflicts(in collection: Name? = nil) throws(SynclineError) -> [Conflict] {
        let collection = try collection.map { (name) throws(SynclineError) in try name.checked() }
        return try turn { store in try store.conflicts(in: collection).map { Conflict($0, store.names) } }
    }

    /// How many conflicts there are. Costs next to nothing.
    ///
    /// - Throws: `.closed`, `.damaged`, `.system`
    public func conflictCount() throws(SynclineError) -> Int { try turn { store in try store.openConflictCount() } }
}
