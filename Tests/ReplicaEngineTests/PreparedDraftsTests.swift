import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Prepared drafts against drafts made into events one by one: the same bytes in the log.
struct PreparedDraftsTests {
    /// Two stores that are alike to the byte, with a history in which records have siblings, tombstones and clocks that are more than their heads'.
    private struct Twins {
        let volumes = [FaultyVolume(), FaultyVolume()]
        let replicas: [Replica<FaultyVolume>]
        let keys: [RecordKey]

        init(seed: UInt64, events: Int) throws {
            let history = try RandomHistory(seed: seed, options: .init(devices: 6, records: 5, events: events))
            let foreign = history.shuffledCausally(seed: seed)
            keys = Array(Set(foreign.map(\.key))).sorted() + [try RecordKey(collection: Name("new"), record: Name("r"))]
            replicas = try volumes.map { volume in
                try volume.createFolder("disk")
                let replica = try Replica.create(
                    in: "disk/store", on: volume, device: DeviceID(high: 3, low: 4), name: "twin", storeID: StoreID(high: 1, low: seed))
                _ = try replica.ingest(foreign)
                return replica
            }
        }

        /// Commits the same drafts in both ways.
        func commit(_ parts: [[Draft]], wall: UInt64, _ name: String) throws {
            let events = try replicas[0].commit(parts.flatMap(\.self), wall: wall)
            let first = try replicas[1].commit(parts.map { (drafts) throws(EventError) in try PreparedDrafts(drafts) }, wall: wall)
            #expect(first == events.first?.dot, "\(name)")
            let files = volumes.map { $0.state.files.filter { $0.key.hasSuffix(".segment") } }
            #expect(files[0] == files[1], "\(name): the same bytes")
            #expect(try replicas[0].stateDigest() == replicas[1].stateDigest(), "\(name)")
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `prepared drafts become the same blocks as events made one by one`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let twins = try Twins(seed: seed, events: 60)
        for step in 0..<12 {
            let parts = (0..<(1 + random.below(4))).map { _ in
                (0..<random.below(step == 5 ? 900 : 9)).map { _ in Self.draft(of: twins.keys, &random) }
            }
            // Several commits within one millisecond, and a wall clock that goes back.
            try twins.commit(parts, wall: 1_700_000_000_000 + UInt64(random.below(3)), "seed \(seed), step \(step)")
        }
    }

    private static func draft(of keys: [RecordKey], _ random: inout SeededRandom) -> Draft {
        let number = random.below(keys.count)
        var key = keys[number]
        if random.chance(1, in: 4) {
            let collection = name(["notes", "new", "other"][random.below(3)])
            key = RecordKey(collection: collection, record: name("record \(random.below(30))"))
        }
        var draft = Draft(key: key, body: body(&random))
        draft.kind = [.edit, .edit, .resolve, .import][random.below(4)]
        if random.chance(1, in: 9), let note = try? Note("a \"reason\" \(random.below(9))") { draft.note = note }
        if random.chance(1, in: 9) { draft.epoch = random.next() >> 20 }
        if random.chance(1, in: 9) { draft.isCritical = true }
        if random.chance(1, in: 60) {
            draft.key = keys[number]
            draft.kind = .undo
            draft.undoes = Dot(device: DeviceID(high: 3, low: 4), seq: 1 + UInt64(number))
        }
        return draft
    }

    private static func body(_ random: inout SeededRandom) -> EventBody {
        guard !random.chance(1, in: 8) else { return .delete }
        let fields = Array((0..<(1 + random.below(7))).map { name("field-\($0 * 37 % 11)") }.shuffled(using: &random))
        let unset = random.below(fields.count + 1) == 0 ? fields.count : random.below(2)
        let set = fields.dropFirst(unset).map { FieldWrite(field: $0, value: value(&random)) }
        return (try? .writing(set: Array(set), unset: Array(fields.prefix(unset)))) ?? .delete
    }

    private static func value(_ random: inout SeededRandom) -> FieldValue {
        let long = String(repeating: "x", count: random.below(600))
        let texts = [
            "null", "true", "false", "0", "-1", "127", "128", "-128", "-129", "65535", "9223372036854775807", "-9223372036854775808",
            "9223372036854775808", "18446744073709551615", "1.5", "1e+21", "\"\"", "\"short\"", "\"a text of thirty-one bytes here\"",
            "\"with \\\\ backslash\"", "\"seven78\\n\"", "\"\(long)\"", "[1,\"two\"]", "{\"a\":{}}", "\"é…𝄞\"",
        ]
        return FieldValue(uncheckedCanonical: Array(texts[random.below(texts.count)].utf8))
    }

    private static func name(_ text: String) -> Name { Name(unchecked: Array(text.utf8)) }

    @Test func `what is too large is refused with nothing done, also where only the context makes it so`() throws {
        let twins = try Twins(seed: 1, events: 20)
        let (key, field) = (twins.keys[0], Self.name("f"))
        func drafts(_ byteCount: Int) throws -> [Draft] {
            let value = FieldValue(uncheckedCanonical: Array("\"\(String(repeating: "y", count: byteCount))\"".utf8))
            return [Draft(key: key, body: try .writing(set: [FieldWrite(field: field, value: value)]))]
        }
        let exact = try twins.replicas[0].commit(try drafts(200_000), wall: 5)[0].canonicalJSON.count - 200_000
        _ = try twins.replicas[1].commit([PreparedDrafts(drafts(200_000))], wall: 5)
        // Its own device is in the context from then on.
        let next = try twins.replicas[0].commit(try drafts(200_000), wall: 6)[0].canonicalJSON.count - 200_000
        _ = try twins.replicas[1].commit([PreparedDrafts(drafts(200_000))], wall: 6)
        #expect(next > exact)
        let end = twins.replicas[1].end
        let tooLarge = EventError.eventTooLarge(bytes: Limits.eventBytes + 1)
        #expect(throws: ReplicaError.invalidDraft(tooLarge)) {
            try twins.replicas[1].commit([PreparedDrafts(drafts(Limits.eventBytes - next + 1))], wall: 7)
        }
        #expect(twins.replicas[1].end == end)
        _ = try twins.replicas[0].commit(try drafts(1), wall: 7)
        _ = try twins.replicas[1].commit([PreparedDrafts(drafts(1))], wall: 7)
        #expect(try twins.replicas[0].stateDigest() == twins.replicas[1].stateDigest())
    }

    @Test func `a draft that breaks a rule by itself is refused before any store sees it`() throws {
        let key = RecordKey(collection: Self.name("c"), record: Self.name("r"))
        #expect(throws: EventError.undoesWithoutUndo) {
            try PreparedDrafts([Draft(key: key, body: .delete, undoes: Dot(device: DeviceID(high: 1, low: 1), seq: 1))])
        }
        #expect(throws: EventError.epochOutOfRange) { try PreparedDrafts([Draft(key: key, body: .delete, epoch: .max)]) }
        #expect(try PreparedDrafts([]).count == 0)
    }
}
