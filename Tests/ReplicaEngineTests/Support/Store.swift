import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// A device of its own with a disk in memory, and a wall clock that a test moves.
struct Store {
    private(set) var replica: Replica<FaultyVolume>
    var wall: UInt64
    let volume = FaultyVolume()

    init(_ number: UInt64, wall: UInt64) throws {
        self.wall = wall
        try volume.createFolder("disk")
        replica = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: number, low: 0), name: "store \(number)",
            storeID: StoreID(high: number, low: 1))
    }

    /// What is in the store, in the order of its log.
    func events() throws -> [Event] { try replica.allEvents() }

    func dump() throws -> String {
        var bytes: [UInt8] = []
        try replica.canonicalDump { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func commit(_ drafts: [Draft]) throws -> [Event] {
        wall += 1
        return try replica.commit(drafts, wall: wall)
    }

    /// One value of the one record.
    mutating func set(_ field: Name, _ number: String) throws -> Event {
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        let body = try EventBody.writing(set: [FieldWrite(field: field, value: Self.value(number))])
        return try #require(try commit([Draft(key: key, body: body)]).first)
    }

    static func value(_ number: String) -> FieldValue { FieldValue(uncheckedCanonical: Array(number.utf8)) }

    mutating func reopen() throws {
        if replica.end.index % 2 == 0 { try replica.checkpoint() }
        try replica.close()
        replica = try Replica.open(in: "disk/store", on: volume, access: .writing)
    }

    /// Takes in some of what another store has, in no order.
    func take(from other: Store, _ random: inout SeededRandom) throws {
        let events = try other.events() + other.replica.waitingEvents
        _ = try replica.ingest(Array(events.shuffled(using: &random).prefix(random.below(events.count + 1))))
    }

    /// Commits a few drafts and holds them to what the store had seen.
    mutating func write(_ random: inout SeededRandom, _ name: String) throws {
        let before = try events()
        let seen = before + replica.waitingEvents
        let drafts = try (0..<(1 + random.below(3))).map { _ in
            let key = try RecordKey(collection: Name("trips"), record: Name("r\(random.below(3))"))
            let field = try Name("f\(random.below(3))")
            let body: EventBody =
                switch random.below(5) {
                case 0: .delete
                case 1: try .writing(set: [], unset: [field])
                default: try .writing(set: [FieldWrite(field: field, value: Self.value("\(random.below(4))"))])
                }
            return Draft(key: key, body: body)
        }
        // Two drafts of one commit may lie within one millisecond.
        if random.chance(1, in: 2) { wall -= 1 }
        let written = try commit(drafts)
        var model = ReferenceModel()
        for event in before { model.add(event) }
        var latest = seen.map(\.time).filter { $0.milliseconds <= wall + Limits.clockSkewMilliseconds }.max()
        var seq = before.filter { $0.dot.device == replica.device }.map(\.dot.seq).max() ?? 0
        for event in written {
            seq += 1
            let context = Dictionary(uniqueKeysWithValues: event.context.entries.map { ($0.device, $0.seq) })
            #expect(event.dot == Dot(device: replica.device, seq: seq), "\(name)")
            #expect(context == model.record(event.key).clock, "\(name), \(event.dot)")
            #expect(event.time.milliseconds >= wall, "\(name), \(event.dot)")
            if let latest { #expect(event.time > latest, "\(name), \(event.dot)") }
            latest = event.time
            model.add(event)
        }
        #expect(written.map(\.body) == drafts.map(\.body) && written.map(\.key) == drafts.map(\.key), "\(name)")
    }
}

extension Replica {
    /// The records of a collection, or all of them, in the order of `list`.
    func keys(in collection: Name? = nil) throws -> [RecordKey] {
        var keys: [RecordKey] = []
        try records(in: collection) { record in
            keys.append(record.key)
            return true
        }
        return keys
    }
}
