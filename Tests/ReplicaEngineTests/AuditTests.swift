import EventCore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// The audit trail of random histories, held to the reference model.
struct AuditTests {
    static let seeds = Array(0..<8 as Range<UInt64>)

    @Test(arguments: seeds) func `what each event changed, and who wrote at the same time, is what the model says, however it is asked`(
        seed: UInt64
    ) throws {
        let (store, log) = try Self.store(seed)
        let replica = store.replica
        let forward = try Self.entries { try replica.audit(AuditFilter(), limit: nil, newestFirst: false, $0) }
        #expect(forward.map(\.row.dot) == log.map(\.dot), "seed \(seed)")
        for (index, entry) in forward.enumerated() { Self.expect(entry, log[index], Array(log[..<index]), "seed \(seed)") }
        let backward = try Self.entries { try replica.audit(AuditFilter(), limit: nil, newestFirst: true, $0) }
        #expect(backward == forward.reversed(), "seed \(seed)")
        let newest = try Self.entries { try replica.audit(AuditFilter(), limit: 20, newestFirst: false, $0) }
        #expect(newest == forward.suffix(20), "seed \(seed)")
        for key in Set(log.map(\.key)) {
            let own = try Self.entries { try replica.audit(of: key, AuditFilter(), limit: nil, newestFirst: false, $0) }
            #expect(own == forward.filter { $0.row.key == key }, "seed \(seed)")
        }
    }

    @Test(arguments: seeds.prefix(4)) func `a record of many events has the same trail whichever way it is read`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, options: RandomHistory.Options(records: 1, events: 260))
        let store = try Store(99, wall: 2_000_000)
        _ = try store.replica.ingest(history.shuffledCausally(seed: seed))
        let log = try store.events()
        let key = log[0].key
        let forward = try Self.entries { try store.replica.audit(of: key, AuditFilter(), limit: nil, newestFirst: false, $0) }
        for (index, entry) in forward.enumerated() where index % 5 == 0 {
            Self.expect(entry, log[index], Array(log[..<index]), "seed \(seed)")
        }
        let backward = try Self.entries { try store.replica.audit(of: key, AuditFilter(), limit: nil, newestFirst: true, $0) }
        #expect(backward == forward.reversed(), "seed \(seed)")
        let whole = try Self.entries { try store.replica.audit(AuditFilter(), limit: nil, newestFirst: true, $0) }
        #expect(whole == backward, "seed \(seed)")
    }

    @Test(arguments: seeds) func `filters let through what they say, all of it and in order`(seed: UInt64) throws {
        var (store, log) = try Self.store(seed)
        var random = SeededRandom(seed: seed)
        // In packed blocks, and in rows behind them.
        if seed % 2 == 0 {
            try store.replica.checkpoint()
            for _ in 0..<3 { try store.write(&random, "seed \(seed)") }
            log = try store.events()
        }
        let all = try Self.entries { try store.replica.audit(AuditFilter(), limit: nil, newestFirst: false, $0) }
        for _ in 0..<10 {
            let some = log[random.below(log.count)]
            var filter = AuditFilter()
            switch random.below(7) {
            case 0: filter.device = some.dot.device
            case 1: filter.kind = some.kind
            case 2: (filter.since, filter.until) = (some.time.milliseconds, some.time.milliseconds + 20)
            case 3: filter.collection = some.key.collection
            case 4: filter.criticalOnly = true
            case 5: filter.field = try Name("nobody writes this")
            default: filter.field = try Name("caf\u{E9}")
            }
            let passing = all.filter { filter.passes($0.row) }
            let limit = random.below(log.count)
            let newest = try Self.entries { try store.replica.audit(filter, limit: limit, newestFirst: false, $0) }
            #expect(newest == passing.suffix(limit), "seed \(seed)")
            #expect(try Self.entries { try store.replica.audit(filter, limit: nil, newestFirst: false, $0) } == passing, "seed \(seed)")
            let key = some.key
            let own = try Self.entries { try store.replica.audit(of: key, filter, limit: limit, newestFirst: true, $0) }
            #expect(own == passing.filter { $0.row.key == key }.suffix(limit).reversed(), "seed \(seed)")
        }
    }

    @Test(arguments: seeds) func `open conflicts are those of the model, with their sides, now and at any moment`(seed: UInt64) throws {
        var (store, log) = try Self.store(seed)
        var random = SeededRandom(seed: seed)
        // From a checkpoint, and with events behind it, which may move cells.
        try store.replica.checkpoint()
        if random.chance(1, in: 2) { try store.write(&random, "seed \(seed)") }
        try store.reopen()
        log = try store.events()
        for _ in 0..<12 {
            let count = random.below(log.count + 1)
            let time = log[random.below(log.count)].time.milliseconds
            let moments: [(Moment?, [Event])] = [
                (nil, log), (.position(Position(UInt64(count))), Array(log[..<count])),
                (.time(milliseconds: time), Self.events(log, notLaterThan: time)),
            ]
            for (moment, events) in moments {
                let records = Set(events.map(\.key)).map { key in ReferenceRecord(key: key, events: events.filter { $0.key == key }) }
                let contested = records.filter(\.isInConflict).sorted { $0.key < $1.key }
                var found: [OpenConflict] = []
                try store.replica.openConflicts(at: moment) { conflict in
                    found.append(conflict)
                    return true
                }
                let name = "seed \(seed), \(String(describing: moment))"
                #expect(found.map(\.key) == contested.map(\.key), "\(name)")
                #expect(found.map { Set($0.sides.map(\.dot)) } == contested.map(\.sides), "\(name)")
                #expect(found.map(\.fields) == contested.map { $0.contested.sorted() }, "\(name)")
                var shown: [RecordKey: [Name: FieldValue]] = [:]
                try store.replica.records(in: nil, at: moment) { record in
                    shown[record.key] = Dictionary(uniqueKeysWithValues: record.shown.map { ($0.field, $0.value) })
                    return true
                }
                for record in records {
                    let expected = record.fields.keys.compactMap { field in record.shown(field).map { (field, $0) } }
                    #expect(shown[record.key] == Dictionary(uniqueKeysWithValues: expected), "\(name)")
                }
                #expect(shown.count == records.count, "\(name)")
            }
        }
        #expect(try store.replica.openConflictCount() == store.replica.conflicts().count)
    }

    @Test(arguments: seeds) func `conflicts are counted as the model opens and ends them`(seed: UInt64) throws {
        let (store, log) = try Self.store(seed)
        let counted = try store.replica.conflictStatistics { _ in true }
        var (opened, isOpen) = (0, Set<[UInt8]>())
        var ended: [[UInt8]: Int] = [:]
        for (index, event) in log.enumerated() {
            let record = ReferenceRecord(key: event.key, events: log[...index].filter { $0.key == event.key })
            func id(_ field: [UInt8]) -> [UInt8] { event.key.collection.utf8 + [0] + event.key.record.utf8 + [0] + field }
            // Events of one undo that stand beside each other brought a conflict back.
            let act = log[..<index].filter {
                event.kind == .undo && $0.dot.device == event.dot.device && $0.undoes == event.undoes && $0.context == event.context
            }
            func isBroughtBack(_ dots: Set<Dot>) -> Bool { dots.contains(event.dot) && act.contains { dots.contains($0.dot) } }
            var now: [[UInt8]: Bool] = [:]
            for field in record.contested { now[id(field.utf8)] = isBroughtBack(Set((record.fields[field] ?? []).map(\.dot))) }
            if record.isDeleteAgainstEdit {
                let live = record.fields.values.joined().filter { $0.value != nil }.map(\.dot)
                now[id([])] = isBroughtBack(record.tombstones.union(live))
            }
            let before = isOpen.filter { $0.starts(with: id([])) }
            for conflict in before where now[conflict] == nil { ended[conflict, default: 0] += 1 }
            for (conflict, isBroughtBack) in now where !before.contains(conflict) {
                if isBroughtBack, let count = ended[conflict], count > 0 { ended[conflict] = count - 1 } else { opened += 1 }
            }
            isOpen = isOpen.subtracting(before).union(now.keys)
        }
        let byHand = ended.values.reduce(0, +)
        #expect(counted.total.opened == opened && counted.total.byHand == byHand && counted.total.open == isOpen.count, "seed \(seed)")
        #expect(counted.total.durations.count == byHand, "seed \(seed)")
    }

    @Test func `counting, going back, checking and hashing say how far they have come`() throws {
        let (store, log) = try Self.store(1)
        var told: [(done: Int, total: Int)] = []
        _ = try store.replica.conflictStatistics(progress: { told.append(($0, $1)) }) { _ in true }
        #expect(!told.isEmpty && told.map(\.done) == told.map(\.done).sorted())
        #expect(told.allSatisfy { $0.done <= $0.total && $0.total == 2 * log.count })
        for moment in [Moment.position(store.replica.end), .time(milliseconds: Limits.timeMilliseconds - 1)] {
            told = []
            try store.replica.records(in: nil, at: moment, progress: { told.append(($0, $1)) }) { _ in false }
            #expect(!told.isEmpty && told.allSatisfy { $0.done <= $0.total && $0.total == log.count })
        }
        for step in [VerificationStep.reading, .hashing] {
            told = []
            _ = try Replica.verify(in: "disk/store", on: store.volume, deep: step == .hashing) { said, done, total in
                if said == step { told.append((Int(done), Int(total))) }
            }
            #expect(told.last?.done == log.count && told.allSatisfy { $0.done <= $0.total }, "\(step)")
            #expect(told.map(\.done) == told.map(\.done).sorted(), "\(step)")
        }
        let large = try Store(9, wall: 0).replica
        try large.adopt(Array(WorkloadW(events: 20_000, seed: 1)))
        told = []
        _ = try large.stateDigest { told.append(($0, large.recordCount)) }
        #expect(!told.isEmpty && told.allSatisfy { $0.done <= $0.total })
    }

    // MARK: - What the model says

    /// A store with all of a random history in some order, and its log.
    private static func store(_ seed: UInt64) throws -> (Store, [Event]) {
        let history = try RandomHistory(seed: seed, options: RandomHistory.Options(events: 100, meetsOften: seed % 2 == 0))
        let store = try Store(99, wall: 2_000_000)
        _ = try store.replica.ingest(history.shuffledCausally(seed: seed))
        return (store, try store.events())
    }

    private static func entries(_ audit: ((AuditEntry) throws -> Bool) throws -> Void) throws -> [AuditEntry] {
        var entries: [AuditEntry] = []
        try audit { entry in
            entries.append(entry)
            return true
        }
        return entries
    }

    private static func events(_ log: [Event], notLaterThan milliseconds: UInt64) -> [Event] {
        func isLate(_ event: Event) -> Bool { event.time.milliseconds > milliseconds }
        return log.filter { event in
            !isLate(event) && !log.contains { $0.key == event.key && isLate($0) && event.context[$0.dot.device] >= $0.dot.seq }
        }
    }

    private static func expect(_ entry: AuditEntry, _ event: Event, _ earlier: [Event], _ name: String) {
        let own = earlier.filter { $0.key == event.key }
        let seen = own.filter { event.context[$0.dot.device] >= $0.dot.seq }
        let before = ReferenceRecord(key: event.key, events: seen)
        func values(_ field: Name) -> Set<FieldValue> { Set((before.fields[field] ?? []).compactMap(\.value)) }
        var expected: [Name: FieldValue?] = [:]
        switch event.body {
        case .delete: for field in before.fields.keys where !values(field).isEmpty { expected[field] = .some(nil) }
        case .write(let set, let unset):
            for write in set { expected[write.field] = write.value }
            for field in unset { expected[field] = .some(nil) }
        }
        #expect(entry.changes.map(\.field) == expected.keys.sorted(), "\(name), \(event.dot)")
        for change in entry.changes {
            #expect(Set(change.before) == values(change.field) && change.after == expected[change.field], "\(name), \(event.dot)")
        }
        #expect(Set(entry.concurrentWith) == Set(own.map(\.dot)).subtracting(seen.map(\.dot)), "\(name), \(event.dot)")
        #expect(entry.leavesConflict == ReferenceRecord(key: event.key, events: own + [event]).isInConflict, "\(name), \(event.dot)")
    }
}
