package import EventCore

/// Looking through all records for a few.
extension Replica {
    /// Calls `body` with the records that may show all of these values, as policies show them, sorted by key, of one collection or all, until it returns false.
    ///
    /// What others hold is compared where it lies. A record with siblings in a collection with policies is always handed over, since policies may show what no event wrote.
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
        func look(at place: RecordTable.Place) throws -> Bool {
            let isDecided = !decided.isEmpty && table.hasSiblings(at: place) && decided.contains(table.collection(at: place))
            guard isDecided || sought.allSatisfy({ table.holds($0, at: place) }) else { return true }
            if times.isEmpty && table.isContested(at: place) {
                contested += 1
                if contested > Self.contestedOneByOne { times = try timesOfContested(many: 0) }
            }
            return try body(try self.decided(try record(at: place, times: times)))
        }
        let total = Int(table.recordCount)
        var done = 0
        func count() {
            if done % 4096 == 0 { progress(done, total) }
            done += 1
        }
        if var places = table.orderedPlaces(in: collection) {
            func next() -> RecordTable.Place? {
                do throws(CheckpointDamage) { return try places.next(in: table) } catch { preconditionFailure("all has been checked") }
            }
            while let place = next() {
                count()
                guard try look(at: place) else { return }
            }
            return
        }
        var places = table.sortedPlaces(in: collection)
        while let place = places.next(in: table) {
            count()
            guard try look(at: place) else { return }
        }
    }
}
