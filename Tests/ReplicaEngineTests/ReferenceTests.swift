import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// The product against the reference model, on histories in which much is concurrent.
struct ReferenceTests {
    static let seeds = Array(0..<12 as Range<UInt64>)

    @Test(arguments: seeds.prefix(8)) func `in whatever order events come, every byte of the state is the model's`(seed: UInt64) throws {
        let history = try Self.history(seed)
        var model = ReferenceModel()
        for event in history.events { model.add(event) }
        for (name, events) in [
            ("as written", history.events), ("another causal order", history.shuffledCausally(seed: seed)),
            ("any order", history.shuffled(seed: seed)),
        ] {
            let replica = try Self.replica()
            var random = SeededRandom(seed: seed)
            var rest = events[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + random.below(20))
                rest = rest.dropFirst(piece.count)
                _ = try replica.ingest(Array(piece))
                if random.chance(1, in: 6) { try replica.checkpoint() }
            }
            #expect(replica.waitingCount == 0, "seed \(seed), \(name)")
            #expect(Self.dump(replica) == String(decoding: model.canonicalDump, as: UTF8.self), "seed \(seed), \(name)")
            for key in model.keys {
                try Self.compare(replica, model.record(key), "seed \(seed), \(name)")
                // One log's past is enough.
                if name == "any order" { try Self.comparePast(replica, model.record(key), "seed \(seed), \(name)") }
            }
            let contested = model.keys.filter { model.record($0).isInConflict }
            #expect(try replica.conflicts().map(\.key) == contested.sorted(), "seed \(seed), \(name)")
        }
    }

    @Test(arguments: seeds) func `replaying from the beginning, from a checkpoint, and going on give the same`(seed: UInt64) throws {
        let history = try Self.history(seed)
        let volume = FaultyVolume()
        let replica = try Self.replica(on: volume)
        var random = SeededRandom(seed: seed)
        let cut = random.below(history.events.count)
        _ = try replica.ingest(Array(history.events[..<cut]))
        try replica.checkpoint()
        _ = try replica.ingest(Array(history.events[cut...]))
        try replica.close()
        let tail = try Replica.open(in: "disk/store", on: volume, access: .reading)
        #expect(tail.foldedAtOpening == UInt64(history.events.count - cut))
        for name in try volume.names(in: "disk/store/checkpoint") { try volume.remove("disk/store/checkpoint/" + name) }
        let full = try Replica.open(in: "disk/store", on: volume, access: .reading)
        #expect(full.foldedAtOpening == UInt64(history.events.count))
        #expect(Self.dump(replica) == Self.dump(tail) && Self.dump(tail) == Self.dump(full), "seed \(seed)")
    }

    @Test(arguments: seeds) func `what waits is what the model keeps aside, and it survives reopening`(seed: UInt64) throws {
        let history = try Self.history(seed)
        var random = SeededRandom(seed: seed)
        let some = history.shuffled(seed: seed).prefix(10 + random.below(40))
        var model = ReferenceModel()
        for event in some { model.add(event) }
        let volume = FaultyVolume()
        let replica = try Self.replica(on: volume)
        let report = try replica.ingest(Array(some))
        #expect(report.applied == model.applied.count && report.waiting == model.waiting.count, "seed \(seed)")
        #expect(Set(replica.waitingEvents) == Set(model.waiting), "seed \(seed)")
        try replica.close()
        let again = try Replica.open(in: "disk/store", on: volume, access: .reading)
        #expect(Set(again.waitingEvents) == Set(model.waiting), "seed \(seed)")
        #expect(Self.dump(again) == String(decoding: model.canonicalDump, as: UTF8.self), "seed \(seed)")
    }

    @Test(arguments: seeds) func `export gives back every event, and importing twice changes nothing`(seed: UInt64) throws {
        let history = try Self.history(seed)
        let replica = try Self.replica()
        _ = try replica.ingest(history.shuffled(seed: seed))
        let exported = try replica.allEvents()
        #expect(Set(exported) == Set(history.events) && exported.count == history.events.count, "seed \(seed)")
        let (end, dump) = (replica.end, Self.dump(replica))
        let report = try replica.ingest(history.events)
        #expect(report.applied == 0 && report.duplicates == history.events.count && replica.end == end, "seed \(seed)")
        #expect(Self.dump(replica) == dump, "seed \(seed)")
    }

    @Test(arguments: seeds.prefix(8)) func `other bytes under a known dot are a fork, and nothing is written`(seed: UInt64) throws {
        let history = try Self.history(seed)
        let replica = try Self.replica()
        _ = try replica.ingest(Array(history.events.dropLast()))
        let (end, victim) = (replica.end, history.events[5])
        let forged = try Event(
            dot: victim.dot, key: victim.key, context: victim.context, time: victim.time, body: .delete, note: Note("forged"))
        #expect(throws: ReplicaError.fork(victim.dot)) { try replica.ingest([history.events.last, forged].compactMap(\.self)) }
        #expect(replica.end == end)
    }

    @Test func `a context that is not closed is refused, and nothing is written`() throws {
        let (writer, other) = (DeviceID(high: 1, low: 1), DeviceID(high: 2, low: 2))
        let (trip, list) = (try Self.key("trip"), try Self.key("list"))
        let first = try Self.event(Dot(device: writer, seq: 1), trip, [])
        let second = try Self.event(Dot(device: writer, seq: 2), trip, [first.dot])
        let elsewhere = try Self.event(Dot(device: writer, seq: 3), list, [])
        let replica = try Self.replica()
        _ = try replica.ingest([first, second, elsewhere])
        let onlyDevice = try Self.event(Dot(device: other, seq: 1), list, [second.dot])
        #expect(throws: ReplicaError.refused(onlyDevice.dot, .unclosedContext(second.dot))) { try replica.ingest([onlyDevice]) }
        // `second` had seen `first`; whoever names `second` alone by another device's entry leaves that out only if it is another device.
        let third = try Self.event(Dot(device: other, seq: 1), trip, [second.dot])
        let fourth = try Self.event(Dot(device: DeviceID(high: 3, low: 3), seq: 1), trip, [third.dot])
        #expect(throws: ReplicaError.refused(fourth.dot, .unclosedContext(third.dot))) { try replica.ingest([third, fourth]) }
        #expect(replica.end == Position(3))
    }

    // MARK: - Comparing

    private static func compare(_ replica: Replica<FaultyVolume>, _ expected: ReferenceRecord, _ name: String) throws {
        let record = try #require(try replica.record(expected.key))
        try same(record, expected, name)
        try compare(try replica.conflict(expected.key), expected, "\(name), conflict")
    }

    /// The record at each of its events and after each of this log's; at every third its conflict, too, and the record at a time.
    /// Of a long history every fourth event is enough.
    private static func comparePast(_ replica: Replica<FaultyVolume>, _ expected: ReferenceRecord, _ name: String) throws {
        let history = try replica.history(of: expected.key)
        for (index, logged) in history.enumerated() where history.count <= 60 || index % 4 == 0 {
            let dot = logged.event.dot
            try same(try #require(try replica.record(expected.key, at: .dot(dot))), expected.at(dot), "\(name), at \(dot)")
            let before = history.prefix(index + 1).map(\.event)
            let then = ReferenceRecord(key: expected.key, events: before)
            let moment = Moment.position(Position(logged.position.index + 1))
            try same(try #require(try replica.record(expected.key, at: moment)), then, "\(name), at #\(logged.position.index + 1)")
            guard index % 3 == 0 else { continue }
            try compare(try replica.conflict(expected.key, at: moment), then, "\(name), conflict at #\(logged.position.index + 1)")
            // Just then, and just before.
            for milliseconds in [logged.event.time.milliseconds, logged.event.time.milliseconds - 1] {
                let then = expected.at(milliseconds: milliseconds)
                let record = try replica.record(expected.key, at: .time(milliseconds: milliseconds))
                #expect((record == nil) == then.events.isEmpty, "\(name), at \(milliseconds) ms")
                if let record { try same(record, then, "\(name), at \(milliseconds) ms") }
            }
        }
    }

    private static func compare(_ conflict: Conflict?, _ expected: ReferenceRecord, _ name: String) throws {
        #expect((conflict != nil) == expected.isInConflict, "\(name)")
        guard let conflict else { return }
        #expect(conflict.isDeleteAgainstEdit == expected.isDeleteAgainstEdit, "\(name)")
        #expect(Set(conflict.fields.map(\.field)) == Set(expected.contested), "\(name)")
        for field in conflict.fields {
            let entries = try #require(expected.fields[field.field])
            #expect(Set(field.versions.map { ReferenceModel.Entry(dot: $0.dot, value: $0.value) }) == entries, "\(name)")
            #expect(field.versions.first?.value == expected.shown(field.field), "\(name)")
            let writers = expected.stoodFor(by: Set(entries.map(\.dot)), in: [field.field])
            let base = expected.base(of: Set(writers.values)).fields[field.field] ?? []
            #expect(Set(field.base) == Set(base.map(\.value)), "\(name), base of \(field.field)")
        }
        let stoodFor = expected.stoodFor(by: expected.sides, in: expected.isDeleteAgainstEdit ? nil : Set(expected.contested))
        for side in conflict.sides {
            try same(side.record, expected.at(stoodFor[side.dot] ?? side.dot), "\(name), side \(side.dot)")
        }
        #expect(Set(conflict.sides.map(\.dot)) == expected.sides && conflict.sides.count == expected.sides.count, "\(name)")
        let ranks = try conflict.sides.map { side in
            try #require(expected.events.first { $0.dot == stoodFor[side.dot] ?? side.dot }).rank
        }
        #expect(ranks == ranks.sorted(by: >), "\(name)")
        let base = expected.base(of: Set(stoodFor.values))
        #expect((conflict.base == nil) == base.events.isEmpty, "\(name)")
        if let held = conflict.base { try same(held, base, "\(name), base") }
    }

    private static func same(_ record: Record, _ expected: ReferenceRecord, _ name: String) throws {
        #expect(Set(record.heads) == expected.heads && Set(record.tombstones) == expected.tombstones, "\(name)")
        #expect(Dictionary(uniqueKeysWithValues: record.clock.entries.map { ($0.device, $0.seq) }) == expected.clock, "\(name)")
        let fields = Dictionary(
            uniqueKeysWithValues: record.fields.map { field in
                (field.field, Set(field.versions.map { ReferenceModel.Entry(dot: $0.dot, value: $0.value) }))
            })
        #expect(fields == expected.fields, "\(name)")
        for field in record.fields { #expect(record.shown(field.field) == expected.shown(field.field), "\(name)") }
        #expect(record.isContested == expected.isInConflict && record.isDeleted == expected.isDeleted, "\(name)")
    }

    // MARK: - Making

    static func history(_ seed: UInt64) throws -> RandomHistory {
        // Contexts of dozens of entries.
        let many = seed % 6 == 5
        return try RandomHistory(
            seed: seed,
            options: .init(
                devices: many ? 60 : 2 + Int(seed % 4), records: many ? 1 : 1 + Int(seed % 4), fields: 1 + Int(seed % 6),
                events: many ? 150 : 50, meetsOften: many || seed % 4 != 3, meetsEveryone: many))
    }

    static func replica(on volume: FaultyVolume = FaultyVolume()) throws -> Replica<FaultyVolume> {
        try volume.createFolder("disk")
        return try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 9, low: 9), name: "here", storeID: StoreID(high: 0, low: 1))
    }

    private static func dump(_ replica: Replica<FaultyVolume>) -> String {
        var bytes: [UInt8] = []
        do { try replica.canonicalDump { bytes += $0 } } catch { return "\(error)" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func key(_ record: String) throws -> RecordKey { try RecordKey(collection: Name("notes"), record: Name(record)) }

    private static func event(_ dot: Dot, _ key: RecordKey, _ context: [Dot]) throws -> Event {
        try Event(
            dot: dot, key: key, context: VersionVector(context), time: HybridTime(milliseconds: 1),
            body: .writing(set: [FieldWrite(field: Name("f"), value: .null)]))
    }
}
