package import EventCore
internal import LogStore

/// Looking through all records for a few.
extension Replica {
    /// Calls `body` with the records that may show all of these values, as policies show them, sorted by key, of one collection or all, until it returns false.
    ///
    /// All are compared where they lie, in the order of memory, before the first is handed over.
    ///
    /// - Parameter progress: told now and then how many records of how many have been looked at.
    package func decidedRecords(
        in collection: Name?, mayShow values: [FieldWrite], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ body: (DecidedRecord) throws -> Bool
    ) throws {
        try checkTable()
        let sought = values.compactMap { table.sought($0) }
        guard sought.count == values.count else { return }
        var decided: Set<Name> = []
        for name in table.collections.names where try !policies(of: name).isEmpty { decided.insert(name) }
        var (times, contested) = ([Dot: HybridTime](), 0)
        let mayBeMade = try decided.contains { name in try values.contains { try policies(of: name).mayMakeValues(of: $0.field) } }
        if mayBeMade { _ = try decisions() }
        var found: [RecordTable.Place] = []
        for place in table.places(holding: sought, in: collection, orWithSiblingsIn: decided, progress: progress) {
            let isWanted =
                if mayBeMade { mayShow(values, sought, at: place, try policies(of: table.collection(at: place))) } else {
                    table.mayShow(sought, at: place)
                }
            if isWanted { found.append(place) }
        }
        var places = table.sorted(found)
        while let place = places.next(in: table) {
            if times.isEmpty && table.isContested(at: place) {
                contested += 1
                if contested > Self.contestedOneByOne { times = try timesOfContested(many: 0) }
            }
            guard try body(try self.decided(try record(at: place, times: times))) else { return }
        }
    }

    /// Whether a record may show each of these values: it holds them, or policies make them of what it holds.
    func mayShow(_ values: [FieldWrite], _ sought: [SoughtValue?], at place: RecordTable.Place, _ policies: CollectionPolicies) -> Bool {
        if table.mayShow(sought, at: place) { return true }
        return values.contains { value in
            policies.mayMakeValues(of: value.field) && table.mayContest(value.field, nil, at: place)
                && knownDecided(at: place, policies)?.fields.contains(value.field) != false
        }
    }

    /// The same with the records of then. Where few have ever had one of the values, these are looked at one by one, instead of all.
    package func decidedRecords(
        in collection: Name?, at moment: Moment, mayShow values: [FieldWrite], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ body: (DecidedRecord) throws -> Bool
    ) throws {
        let then = try inLog(moment)
        guard values.allSatisfy({ table.sought($0) != nil }) else { return }
        let collections = table.collections.names.filter { collection == nil || $0 == collection }
        let wanted = try values.map { value in
            WantedWrite(value, madeBy: Set(try collections.map { try policies(of: $0, at: then)[value.field] }))
        }
        let searches = wanted.map(\.search)
        try records(in: collection, then: then, holding: wanted, progress) { record in
            try !searches.allSatisfy { $0.mayBeShown(by: record) } || body(try decided(record, at: then))
        }
    }

    /// The records of which an event up to a moment wrote a value, sorted; nil where these are many.
    func keys(
        in collection: Name?, thatHad wanted: WantedWrite, until moment: Moment, _ progress: (Int, Int) -> Void
    ) throws(ReplicaError) -> [RecordKey]? {
        var (filter, end) = (AuditFilter(), self.end)
        (filter.collection, filter.field) = (collection, wanted.write.field)
        switch moment {
        case .position(let position): end = min(end, position)
        case .time(let milliseconds): filter.until = milliseconds
        case .dot: preconditionFailure("for the store as a whole a dot stands for a position")
        }
        let most = max(Self.fewRecords, Int(self.end.index) / Self.eventsFoldedLikeOneRecord)
        let pieces = PassingStretches(filter, in: savedLogTimes()).pieces(before: end, ofAtMost: Self.pieceEvents)
        return try keys(in: collection, thatHad: wanted, atMost: most, in: pieces) { progress($0, Int(end.index)) }
    }

    /// The same in some pieces of the log; nil where there are more than so many.
    func keys(
        in collection: Name?, thatHad wanted: WantedWrite, atMost most: Int, in pieces: [Range<Position>], _ progress: (Int) -> Void
    ) throws(ReplicaError) -> [RecordKey]? {
        let look = LogLook<Storage, (search: WriteSearch, keys: Set<RecordKey>)>(log) { (own, block) throws(ReplicaError) in
            let numbers = try Self.naming(block.first) { () throws(BlockError) in try own.search.numbers(in: block.header, block.bytes) }
            guard !numbers.isEmpty else { return false }
            for row in try Self.rows(at: numbers, in: block.header, block.first, block.bytes)
            where collection == nil || row.key.collection == collection { own.keys.insert(row.key) }
            return own.keys.count > most
        }
        let lookers = try look.lookers(through: pieces, progress: progress) { (wanted.search, []) }
        let keys = lookers.reduce(into: Set<RecordKey>()) { $0.formUnion($1.keys) }
        return keys.count > most ? nil : keys.sorted()
    }

    /// So many events, some milliseconds of work, are looked through at a time by each core.
    static var pieceEvents: UInt64 { 1 << 18 }

    /// So many records are looked at one by one however few events the log has.
    private static var fewRecords: Int { 16 }

    /// To look at a record of then takes about as long as to fold so many events.
    private static var eventsFoldedLikeOneRecord: Int { 5000 }
}
