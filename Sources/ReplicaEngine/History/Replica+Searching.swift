package import EventCore

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
}
