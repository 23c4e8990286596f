internal import EventCore
internal import LogStore

/// What policies decide of records in conflict, without conflicts being made of them. What has been decided up to the checkpoint is kept (`SavedDecisions`).
extension Replica {
    /// What is decided of a record in conflict, which has not been decided before; for a few.
    func decided(of record: Record, _ policies: CollectionPolicies) throws(ReplicaError) -> Decided {
        if let decided = policies.decided(of: record) { return decided }
        guard let past = try RecordPast(self, record.key, holding: policies.dotsBehindDecisions(of: record)) else {
            return Decided(isOpen: true)
        }
        return try ConflictBuilder(record: record, past: past, policies: policies).decided()
    }

    /// The same where it has been decided before.
    func knownDecided(at place: RecordTable.Place, _ policies: CollectionPolicies) -> Decided? {
        savedDecisions().decided(at: table.newestPosition(at: place), in: table.collection(at: place), under: policies)
    }

    /// What has been decided of all records in conflict up to the checkpoint in collections with policies; made where that is not known, and kept.
    ///
    /// - Parameter progress: told now and then how many records in conflict of how many have been looked at.
    func decisions(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ReplicaError) -> SavedDecisions {
        let known = savedDecisions()
        var policies: [Name: CollectionPolicies] = [:]
        for collection in table.collections.names {
            let own = try self.policies(of: collection)
            if !own.isEmpty { policies[collection] = own }
        }
        if known.end == checkpointEnd && policies.allSatisfy({ known.collections[$0.key]?.policies == $0.value }) { return known }
        // What is damaged is found before places are held.
        try checkTable()
        var made = SavedDecisions(at: checkpointEnd)
        let end = checkpointEnd?.position ?? self.end
        var places: [Name: [RecordTable.Place]] = [:]
        for place in try contestedPlaces() where table.newestPosition(at: place) < end {
            let collection = table.collection(at: place)
            if policies[collection] != nil { places[collection, default: []].append(place) }
        }
        let total = places.values.reduce(0) { $0 + $1.count }
        var done = 0
        for (collection, policies) in policies.sorted(by: { $0.key < $1.key }) {
            let places = places[collection] ?? []
            let decided = try self.decided(of: places, policies, known) { progress(done + $0, total) }
            done += places.count
            made.add(collection, policies, zip(places, decided).map { (table.newestPosition(at: $0), $1) })
        }
        knownDecisions = made
        if let bytes = made.bytes { replaceDerivedFile(SavedDecisions.fileName, with: bytes) }
        return made
    }

    /// Sees to it that what has been decided up to the checkpoint is kept, where somebody has asked before. That it cannot be done is no harm.
    func goOnWithDecisions() { if !savedDecisions().collections.isEmpty { _ = try? decisions() } }

    /// What has been decided before, by whichever policies.
    private func savedDecisions() -> SavedDecisions {
        if let knownDecisions { return knownDecisions }
        var saved = derivedFile(SavedDecisions.fileName).flatMap(SavedDecisions.init)
        if let end = saved?.end, !log.contains(end) { saved = nil }
        let known = saved ?? SavedDecisions(at: nil)
        knownDecisions = known
        return known
    }

    // MARK: - Many

    /// What is decided of records of one collection. Where that depends on histories the newest events of many are read together, in the order of the log.
    private func decided(
        of places: [RecordTable.Place], _ policies: CollectionPolicies, _ known: SavedDecisions, _ progress: (Int) -> Void
    ) throws(ReplicaError) -> [Decided] {
        var all: [Decided] = []
        var left: [(number: Int, record: Record, place: RecordTable.Place)] = []
        func decideLeft() throws(ReplicaError) {
            for (number, decided) in zip(left.map(\.number), try decidedByHistory(left.map { ($0.record, $0.place) }, policies)) {
                all[number] = decided
            }
            left = []
        }
        for place in places {
            if let decided = known.decided(at: table.newestPosition(at: place), in: table.collection(at: place), under: policies) {
                all.append(decided)
                continue
            }
            let record = try recordWithoutTimes(at: place)
            let decided = policies.decided(of: record)
            if decided == nil { left.append((all.count, record, place)) }
            all.append(decided ?? Decided(isOpen: true))
            if left.count == Self.decidedTogether {
                try decideLeft()
                progress(all.count)
            }
        }
        try decideLeft()
        return all
    }

    private static var decidedTogether: Int { 8192 }
    /// So many of a record's events, the newest, mostly tell.
    private static var readTogether: Int { 8 }

    private func decidedByHistory(
        _ records: [(record: Record, place: RecordTable.Place)], _ policies: CollectionPolicies
    ) throws(ReplicaError) -> [Decided] {
        var wanted: [(position: Position, of: Int)] = []
        var rest: [Position?] = []
        for (number, (_, place)) in records.enumerated() {
            var (next, count): (Position?, Int) = (table.newestPosition(at: place), 0)
            while let position = next, count < Self.readTogether {
                wanted.append((position, number))
                next = try self.position(before: position)
                count += 1
            }
            rest.append(next)
        }
        var steps = [[LoggedRow]](repeating: [], count: records.count)
        try Self.blocks(of: log, holding: wanted) { (block, inBlock) throws(ReplicaError) in
            for (wanted, row) in zip(inBlock, try rows(at: inBlock.map(\.position)[...], in: block)) {
                steps[wanted.of].append(LoggedRow(position: wanted.position, row: row))
            }
        }
        var all: [Decided] = []
        for (number, (record, _)) in records.enumerated() {
            let past = try RecordPast(self, record.key, steps: steps[number].reversed(), next: rest[number])
            all.append(try ConflictBuilder(record: record, past: past, policies: policies).decided())
        }
        return all
    }
}

extension CollectionPolicies {
    /// The events that have to be known before these policies decide a record.
    fileprivate func dotsBehindDecisions(of record: Record) -> Set<Dot> {
        if record.isDeleteAgainstEdit { return record.contestingDots }
        return Set(record.fields.filter { $0.isContested && decides($0) == nil }.flatMap(\.versions).map(\.dot))
    }
}
