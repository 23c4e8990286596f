package import EventCore
internal import LogStore

/// Which records a person has to look at: in time proportional to the records that have siblings, whatever else the store holds.
extension Replica {
    /// How many conflicts are open now. Counted once for each state of the store, so it may be asked for at every prompt.
    package func openConflictCount() throws(ReplicaError) -> Int {
        if let countedConflicts, countedConflicts.events == table.eventCount { return countedConflicts.count }
        let count: Int
        if let ordered = try orderedConflictCount() {
            count = ordered
        } else {
            try checkForConflicts()
            count = try openCount()
        }
        countedConflicts = (table.eventCount, count)
        return count
    }

    /// How many records of a collection are in conflict, those that policies decide included, and in how many something is open. What has been decided is kept.
    ///
    /// - Parameter progress: told now and then how many records in conflict of how many have been looked at.
    package func conflictCounts(
        in collection: Name, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ReplicaError) -> (all: Int, open: Int) {
        let policies = try policies(of: collection)
        if !policies.isEmpty { _ = try decisions(progress: progress) }
        let keys = try contestedPlaces().filter { table.collection(at: $0) == collection }.map { table.key(at: $0) }
        guard !policies.isEmpty else { return (keys.count, keys.count) }
        var open = 0
        for key in keys where try isOpen(key, policies) { open += 1 }
        return (keys.count, open)
    }

    /// How many conflicts are open by a look at each record in conflict.
    private func openCount() throws(ReplicaError) -> Int {
        var (count, areDecided) = (0, false)
        for key in try contestedKeys() {
            let policies = try policies(of: key.collection)
            guard !policies.isEmpty else {
                count += 1
                continue
            }
            // What depends on histories is decided of all together.
            if !areDecided { _ = try decisions() }
            areDecided = true
            if try isOpen(key, policies) { count += 1 }
        }
        return count
    }

    /// The same by a checkpoint's counts, and by what has been decided up to there; nil where there are none.
    private func orderedConflictCount() throws(ReplicaError) -> Int? {
        let counted = table.contestedCounts()
        noteOrder()
        guard let counted else { return nil }
        var (count, decided) = (0, Set<Name>())
        for (collection, contested) in counted.counts {
            let policies = try policies(of: collection)
            if policies.isEmpty {
                count += contested
            } else if contested > 0 || policies.rest == .record {
                decided.insert(collection)
            }
        }
        var touched: [RecordKey] = []
        for key in counted.touched {
            if try !policies(of: key.collection).isEmpty {
                touched.append(key)
            } else if try recordWithoutTimes(key)?.isContested == true {
                count += 1
            }
        }
        guard !decided.isEmpty else {
            for key in touched where try isOpen(key, try policies(of: key.collection)) { count += 1 }
            return count
        }
        let known = try decisions()
        guard let end = known.end, end == checkpointEnd else { return nil }
        for collection in decided { count += known.openCount(in: collection) }
        for key in touched {
            let policies = try policies(of: key.collection)
            if decided.contains(key.collection), let then = try newestPosition(of: key, before: end.position),
                known.decided(at: then, in: key.collection, under: policies)?.isOpen == true
            {
                count -= 1
            }
            if try isOpen(key, policies) { count += 1 }
        }
        return count
    }

    /// The records that are in conflict now, or were then, those that policies decide included, sorted; of one collection or all.
    package func contestedKeys(in collection: Name? = nil, at moment: Moment? = nil) throws(ReplicaError) -> [RecordKey] {
        if let moment { return try contestedKeys(in: collection, then: moment) }
        let places = try contestedPlaces()
        return places.map { table.key(at: $0) }.filter { collection == nil || $0.collection == collection }.sorted()
    }

    /// Calls `body` with each conflict that is open now, or was then, sorted by record, until it returns false. The first of now come before the others are
    /// looked at.
    ///
    /// - Parameters:
    ///   - field: only those in which it is open.
    ///   - device: only those in which it has a side.
    ///   - progress: of a moment told now and then how many events of how many are folded.
    package func openConflicts(
        in collection: Name? = nil, over field: Name? = nil, of device: DeviceID? = nil, at moment: Moment? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, _ body: (OpenConflict) throws -> Bool
    ) throws {
        func hand(_ conflict: OpenConflict) throws -> Bool {
            guard field.map(conflict.fields.contains) ?? true, device.map(conflict.involves) ?? true else { return true }
            return try body(conflict)
        }
        if let moment {
            let then = try inLog(moment)
            return try contestedRecords(in: collection, then: then, progress) { try openConflict($0, nil, at: then).map(hand) ?? true }
        }
        let wasWritten = field.map { table.fields.index(of: $0) != nil } ?? true
        try openConflicts(in: collection, over: field, hand) { (place, policies) in
            guard field != nil || device != nil else { return true }
            guard policies.rest == .record && table.hasSeveralHeads(at: place) else { return table.mayContest(field, device, at: place) }
            // Heads are the sides. On what these differ depends on what each had seen.
            let devices = table.heads(at: place).map(\.device)
            return wasWritten && device.map { devices.contains($0) || Set(devices).count < devices.count } ?? true
        }
    }

    /// The same now.
    ///
    /// - Parameter mayBeWanted: by a record's place and policies; what may not is not looked at any closer.
    func openConflicts(
        in collection: Name?, over field: Name? = nil, _ body: (OpenConflict) throws -> Bool,
        mayBeWanted: (RecordTable.Place, CollectionPolicies) -> Bool
    ) throws {
        var (times, count, decidedCount, unwantedCount) = ([Dot: HybridTime](), 0, 0, 0)
        func isLast(_ key: RecordKey) throws -> Bool {
            let policies = try policies(of: key.collection)
            guard let place = try place(of: key) else { return false }
            guard mayBeWanted(place, policies) else {
                unwantedCount += 1
                if unwantedCount == Self.unwantedOneByOne { try checkForConflicts() }
                return false
            }
            var decided: Decided?
            if !policies.isEmpty {
                // The first are decided as they come; many together.
                if decidedCount == Self.contestedOneByOne { _ = try decisions() }
                decidedCount += 1
                decided = try self.decided(key, policies)
                guard let decided, decided.isOpen, field.map({ !decided.fields.contains($0) }) ?? true else { return false }
            }
            // A few are found one by one, at the end of their records' histories; the rest by one look at the log.
            if count == Self.contestedOneByOne { times = try timesOfContested(many: 0) }
            count += 1
            guard let record = try record(key, times: times) else { return false }
            return try openConflict(record, decided, at: nil).map { try !body($0) } ?? false
        }
        var last: RecordKey?
        if let places = try orderedConflicts(in: collection) {
            let isDone = try follow(places) { key in
                last = key
                return try !isLast(key)
            }
            if isDone { return }
        }
        try checkForConflicts()
        func isBehind(_ key: RecordKey) -> Bool { last.map { $0 < key } ?? true }
        guard table.isChecked else {
            // A history that turns out to be damaged would void all places.
            for key in try contestedKeys(in: collection) where isBehind(key) { if try isLast(key) { return } }
            return
        }
        var places = table.sorted(try contestedPlaces().filter { collection == nil || table.collection(at: $0) == collection })
        while let place = places.next(in: table) {
            let key = table.key(at: place)
            if isBehind(key), try isLast(key) { return }
        }
    }

    private func orderedConflicts(in collection: Name?) throws(ReplicaError) -> OrderedPlaces? {
        let whole = try collectionsOfWholeEdits()
        defer { noteOrder() }
        return table.orderedConflicts(in: collection, whole: whole)
    }

    /// What is open of a record, as it is at `moment`, with the times of its contested entries.
    ///
    /// - Parameter decided: what policies decide, as far as that is known.
    private func openConflict(_ record: Record, _ decided: Decided?, at moment: Moment?) throws(ReplicaError) -> OpenConflict? {
        let policies = try policies(of: record.key.collection, at: moment)
        let isOfWholeEdits = policies.isConflictOfWholeEdits(record)
        guard record.isContested || isOfWholeEdits else { return nil }
        let decided = decided ?? policies.decided(of: record)
        if decided?.isOpen == false { return nil }
        if let decided, !record.isDeleteAgainstEdit, !isOfWholeEdits, let conflict = OpenConflict(record, decided: decided.fields) {
            return conflict
        }
        // Which edits stand against a delete depends on what they had seen, and so does what some policies decide.
        guard let conflict = try conflict(record.key, at: moment, policies), conflict.isOpen else { return nil }
        return OpenConflict(conflict)
    }

    /// What policies decide of a record now; nil when it is not in conflict.
    func decided(_ key: RecordKey, _ policies: CollectionPolicies) throws(ReplicaError) -> Decided? {
        guard let place = try place(of: key), table.hasSiblings(at: place) else { return nil }
        if let known = knownDecided(at: place, policies) { return known }
        let record = try recordWithoutTimes(at: place)
        guard record.isContested || policies.isConflictOfWholeEdits(record) else { return nil }
        return try decided(of: record, policies)
    }

    private func isOpen(_ key: RecordKey, _ policies: CollectionPolicies) throws(ReplicaError) -> Bool {
        try decided(key, policies)?.isOpen == true
    }

    /// Records in conflict, and in collections whose edits count as a whole those with more than one head.
    func contestedPlaces() throws(ReplicaError) -> [RecordTable.Place] {
        let whole = try collectionsOfWholeEdits()
        return try reading { (table) throws(CheckpointDamage) in try table.contestedPlaces(whole: whole) }
    }

    /// The collections in which more than one head is a conflict, now or then.
    func collectionsOfWholeEdits(at moment: Moment? = nil) throws(ReplicaError) -> Set<Name> {
        var whole: Set<Name> = []
        for collection in table.collections.names where try policies(of: collection, at: moment).rest == .record {
            whole.insert(collection)
        }
        return whole
    }

    /// Many records with siblings lie everywhere: then checking all at once is faster than one by one.
    private func checkForConflicts() throws(ReplicaError) {
        if table.nodeBytes > Self.manyNodeBytes { try checkTable() }
    }

    private static var manyNodeBytes: Int { 1 << 20 }

    /// Behind so many that are not wanted many more may come.
    private static var unwantedOneByOne: Int { 8000 }
}

extension RecordTable {
    /// - Parameter whole: the collections in which more than one head is a conflict.
    func contestedPlaces(whole: Set<Name>) throws(CheckpointDamage) -> [Place] {
        try placesWithSiblings { isContested(at: $0) || !whole.isEmpty && whole.contains(collection(at: $0)) && hasSeveralHeads(at: $0) }
    }
}
