import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// What is kept of what policies decide is what each record's own conflict, out of its whole history, says.
struct DecisionsTests {
    @Test(arguments: 0..<24 as Range<UInt64>)
    func `what policies decide is known from before, whatever was written, sealed or decided otherwise since`(seed: UInt64) throws {
        let history = try RandomHistory(
            seed: seed, options: .init(devices: 3 + Int(seed % 3), records: 5, fields: 3, events: 120, meetsOften: seed % 2 == 0))
        let volume = FaultyVolume()
        var replica = try ReferenceTests.replica(on: volume)
        var rest = history.shuffledCausally(seed: seed)[...]
        var random = SeededRandom(seed: seed)
        var round: UInt64 = 0
        while !rest.isEmpty {
            round += 1
            let piece = rest.prefix(1 + random.below(20))
            rest = rest.dropFirst(piece.count)
            _ = try replica.ingest(Array(piece))
            if random.chance(1, in: 3) {
                let collections = Set(try replica.keys().map(\.collection)).subtracting([.policies])
                _ = try replica.commit(try OpenConflictTests.policies(for: collections, replica, &random), wall: round)
            }
            if random.chance(1, in: 3) { try replica.checkpoint() }
            if random.chance(1, in: 3) {
                try replica.close()
                replica = try Replica.open(in: "disk/store", on: volume, access: .writing)
            }
            try Self.expectKnown(replica, "seed \(seed), round \(round)", &random)
        }
        _ = try replica.commit(
            try OpenConflictTests.policies(for: Set(history.events.map(\.key.collection)), replica, &random), wall: round)
        try replica.checkpoint()
        try Self.expectKnown(replica, "seed \(seed), the end", &random)
        #expect(SavedDecisions(try volume.wholeFile(Self.path))?.end == replica.checkpointEnd)
    }

    @Test func `what the file says is believed while it is whole, of this log and of these policies`() throws {
        let history = try RandomHistory(seed: 3, options: .init(records: 4, fields: 2, events: 120, meetsOften: true))
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        _ = try replica.ingest(history.shuffledCausally(seed: 3))
        let collections = Set(history.events.map(\.key.collection)).sorted()
        func set(_ policy: Policy) throws {
            _ = try replica.commit(
                try collections.map {
                    let write = FieldWrite(field: .restOfFields, value: FieldValue(text: policy.word))
                    return Draft(key: RecordKey(collection: .policies, record: $0), body: try .writing(set: [write]))
                }, wall: 1)
        }
        try set(.latest)
        try replica.checkpoint()
        #expect(try !volume.exists(Self.path), "nobody has asked")
        #expect(try replica.openConflictCount() == 0)
        let saved = try #require(SavedDecisions(try volume.wholeFile(Self.path)))
        #expect(saved.end == replica.checkpointEnd)
        #expect(saved.bytes == (try volume.wholeFile(Self.path)))

        // What is not true shows where it is taken over.
        var lie = SavedDecisions(at: saved.end)
        for (collection, own) in saved.collections {
            lie.add(collection, own.policies, own.positions.map { (Position(UInt64($0)), Decided(isOpen: true)) })
        }
        func opened(_ bytes: [UInt8]) throws -> Int {
            try volume.replaceFile(Self.path, by: "disk/store/other", in: "disk/store", with: bytes)
            return try Replica.open(in: "disk/store", on: volume, access: .reading).openConflictCount()
        }
        let whole = try #require(lie.bytes)
        let contested = try replica.contestedKeys().count
        #expect(contested > 0)
        #expect(try opened(whole) == contested)
        for offset in stride(from: 0, to: whole.count, by: 3) {
            var damaged = whole
            damaged[offset] ^= 0x10
            #expect(try opened(damaged) == 0, "\(offset)")
        }
        #expect(try opened(Array(whole.dropLast())) == 0)

        // Other policies, and a checkpoint behind.
        _ = try opened(whole)
        try set(.manual)
        #expect(try replica.openConflictCount() == contested)
        try set(.latest)
        #expect(try replica.openConflictCount() == 0)
        _ = try opened(try #require(saved.bytes))
        try replica.checkpoint()
        #expect(SavedDecisions(try volume.wholeFile(Self.path))?.end == replica.checkpointEnd)
    }

    private static let path = "disk/store/" + SavedDecisions.fileName

    private static func expectKnown(_ replica: Replica<FaultyVolume>, _ name: String, _ random: inout SeededRandom) throws {
        var (open, decidedFields) = (0, 0)
        var expectedCounts: [Name: [Int]] = [:]
        for key in try replica.keys() {
            let policies = try replica.policies(of: key.collection)
            let decided = try replica.decided(key, policies)
            guard let conflict = try replica.conflict(key) else {
                #expect(decided == nil, "\(name)")
                continue
            }
            if conflict.isOpen { open += 1 }
            let before = expectedCounts[key.collection] ?? [0, 0]
            expectedCounts[key.collection] = [before[0] + 1, before[1] + (conflict.isOpen ? 1 : 0)]
            var expected = Set<Name?>(conflict.record.fields.filter(\.isContested).map(\.field))
            expected.subtract(conflict.openFields.map(\.field))
            if conflict.winner != nil { expected.insert(nil) }
            if !policies.isEmpty { decidedFields += expected.count }
            #expect(decided == Decided(fields: expected, isOpen: conflict.isOpen), "\(name), \(key)")
        }
        #expect(try replica.openConflictCount() == open, "\(name)")
        for collection in Set(try replica.keys().map(\.collection)) {
            let counts = try replica.conflictCounts(in: collection)
            #expect([counts.all, counts.open] == expectedCounts[collection] ?? [0, 0], "\(name), \(collection)")
        }
        let counted = try replica.conflictStatistics { _ in true }
        #expect(counted.total.decided == decidedFields, "\(name)")
        // Again, by what has been kept.
        #expect(try replica.openConflictCount() == open, "\(name)")
        #expect(try replica.conflictStatistics { _ in true }.groups == counted.groups, "\(name)")

        guard let key = try replica.keys().randomElement(using: &random),
            let shown = try replica.decided(key)?.shown.randomElement(using: &random)
        else { return }
        var (found, expected) = ([RecordKey](), [RecordKey]())
        try replica.decidedRecords(in: nil, mayShow: [shown]) { record in
            if record.shown.contains(shown) { found.append(record.key) }
            return true
        }
        try replica.decidedRecords(in: nil) { record in
            if record.shown.contains(shown) { expected.append(record.key) }
            return true
        }
        #expect(found == expected, "\(name), \(shown)")
    }
}
