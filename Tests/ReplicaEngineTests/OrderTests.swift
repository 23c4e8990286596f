import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import EventCore
@testable import LogStore
@testable import ReplicaEngine

/// Records and open conflicts come in order out of a checkpoint, with what was written behind it, as if all of them had been sorted.
struct OrderTests {
    @Test(arguments: 0..<6 as Range<UInt64>) func `what is written behind a checkpoint is merged into its order`(seed: UInt64) throws {
        let volume = FaultyVolume()
        var random = SeededRandom(seed: seed)
        _ = try Self.store(on: volume, seed)
        for round in 0..<8 {
            let name = "seed \(seed), round \(round)"
            let replica = try Self.open(volume, .writing)
            #expect(Self.isOrdered(replica) || round > 0, "\(name)")
            // New records between the others and behind them, old ones that grow and move, conflicts that end, in a collection that is new, too.
            for _ in 0..<(1 + random.below(5)) {
                let collection = ["notes", "other", "new", "a"][random.below(4)]
                let key = try RecordKey(collection: Name(collection), record: Name("\(random.below(3))\(random.below(40))"))
                let text = String(repeating: "v", count: 1 + random.below(400))
                let body: EventBody =
                    try random.chance(1, in: 6)
                    ? .delete
                    : .writing(set: [
                        FieldWrite(field: Name("f\(random.below(12))"), value: FieldValue(uncheckedCanonical: Array("\"\(text)\"".utf8)))
                    ])
                _ = try replica.commit([Draft(key: key, body: body)], wall: 3_000_000_000_000)
                if let conflict = try replica.conflicts().randomElement(using: &random), random.chance(1, in: 2) {
                    let side = conflict.sides[random.below(conflict.sides.count)].dot
                    if let draft = try? Resolution(of: conflict).choosing([side]).draft() {
                        _ = try replica.commit([draft], wall: 3_000_000_000_000)
                    }
                }
            }
            if random.chance(1, in: 3) {
                let policy = FieldValue(text: Policy.allCases[random.below(Policy.allCases.count)].word)
                let key = try RecordKey(collection: .policies, record: Name(["notes", "other"][random.below(2)]))
                let body = try EventBody.writing(set: [FieldWrite(field: .restOfFields, value: policy)])
                _ = try replica.commit([Draft(key: key, body: body)], wall: 3_000_000_000_000)
            }
            let full = try Self.full(volume.state)
            try Self.same(replica, full, name)
            if random.chance(1, in: 4) { try replica.checkpoint() }
            try replica.close()
            let again = try Self.open(volume)
            #expect(Self.isOrdered(again), "\(name)")
            try Self.same(again, full, name)
        }
    }

    @Test func `nothing but what is shown is looked at`() throws {
        let volume = FaultyVolume()
        _ = try Self.store(on: volume, 1, records: 2500)
        let replica = try Self.open(volume)
        var first: [RecordKey] = []
        try replica.records(in: Name("notes")) { record in
            first.append(record.key)
            return first.count < 3
        }
        _ = try replica.openConflictCount()
        let isChecked = replica.table.isChecked
        #expect(first.count == 3 && first == first.sorted() && !isChecked)
    }

    @Test func `a damaged order is left out, said, and there again with the next checkpoint`() throws {
        let volume = FaultyVolume()
        let (path, state) = try Self.store(on: volume, 2)
        let full = try Self.full(state)
        let file = try #require(state.files[path])
        let header = try CheckpointHeader(reading: Array(file.prefix(CheckpointHeader.sizeBytes)), fileBytes: file.count)
        for section in [RecordTable.Section.order, .siblings] {
            let place = header.sections[section.rawValue]
            for byte in stride(from: 0, to: place.paddedBytes, by: 997) {
                var damaged = state
                damaged.flipBit((place.offset + byte) * 8 + byte % 8, of: path)
                let name = "\(section), byte \(byte)"
                let volume = FaultyVolume(damaged)
                let replica = try Self.open(volume, .writing)
                try Self.same(replica, full, name)
                try replica.checkTable()
                #expect(replica.ignoredCheckpoints.map(\.file) == [path] && replica.setAsideCount == 0, "\(name)")
                #expect(try Replica.verify(in: "disk/store", on: FaultyVolume(damaged)).ignoredCheckpoints == [path], "\(name)")
                try replica.checkpoint()
                #expect(volume.state.files[path] == file, "\(name)")
            }
        }
    }

    @Test func `damage that is met on the way down a list hides and repeats nothing`() throws {
        let volume = FaultyVolume()
        let (path, state) = try Self.store(on: volume, 3, records: 1200)
        let full = try Self.full(state)
        let file = try #require(state.files[path])
        let header = try CheckpointHeader(reading: Array(file.prefix(CheckpointHeader.sizeBytes)), fileBytes: file.count)
        var asides = 0
        for section in [RecordTable.Section.cells, .nodes, .index, .previous] {
            let place = header.sections[section.rawValue]
            for byte in stride(from: 0, to: place.sizeBytes, by: CheckpointHeader.pieceBytes / 2 + 7) {
                var damaged = state
                damaged.flipBit((place.offset + byte) * 8, of: path)
                let replica = try Self.open(FaultyVolume(damaged))
                try Self.same(replica, full, "\(section), byte \(byte)")
                asides += replica.setAsideCount
            }
        }
        #expect(asides > 2)
    }

    @Test func `a checkpoint without an order is read, and written anew with one`() throws {
        let volume = FaultyVolume()
        let (path, state) = try Self.store(on: volume, 4, records: 60)
        let full = try Self.full(state)
        let writer = try Self.open(volume, .writing)
        try writer.checkTable()
        let collections = writer.table.collections.names.count
        try writer.table.withSections { sections in
            // Layout 3: the counts at the end of the facts, a byte each for so few records, and two sections less.
            var facts = Array(sections[0].dropLast(3 * collections))
            facts[0] = 3
            try facts.withUnsafeBytes {
                try writer.log.writeCheckpoint([$0] + sections[1..<6] + [UnsafeRawBufferPointer(start: nil, count: 0)])
            }
        }
        try writer.close()
        #expect(volume.state.files[path] != state.files[path])
        let opened = try Self.open(volume, .writing)
        #expect(opened.foldedAtOpening == 0 && !Self.isOrdered(opened))
        try Self.same(opened, full, "layout 3")
        #expect(opened.ignoredCheckpoints.isEmpty)
        try opened.checkpoint()
        #expect(volume.state.files[path] == state.files[path])
    }

    // MARK: - Helpers

    struct Listed: Equatable {
        var records: [RecordKey: [RecordKey]] = [:]
        var all: [Record] = []
        var conflicts: [OpenConflict] = []
    }

    private static func isOrdered(_ replica: Replica<FaultyVolume>) -> Bool { replica.table.isOrdered }

    /// Everything that is listed, by collection and as a whole.
    static func listed(_ replica: Replica<FaultyVolume>) throws -> Listed {
        var listed = Listed()
        try replica.openConflicts { conflict in
            listed.conflicts.append(conflict)
            return true
        }
        for collection in replica.collectionNames {
            let keys = try replica.keys(in: collection)
            if let first = keys.first { listed.records[first] = keys }
        }
        try replica.records(in: nil) { record in
            listed.all.append(record.with(times: [:]))
            return true
        }
        return listed
    }

    private static func same(_ replica: Replica<FaultyVolume>, _ full: Replica<FaultyVolume>, _ name: String) throws {
        // First what asks for little.
        #expect(try replica.openConflictCount() == full.openConflictCount(), "\(name)")
        #expect(try listed(replica) == listed(full), "\(name)")
    }

    /// A store with conflicts and several heads at its checkpoint; the checkpoint's path.
    private static func store(on volume: FaultyVolume, _ seed: UInt64, records: Int = 400) throws -> (String, DiskState) {
        let replica = try ReferenceTests.replica(on: volume)
        var workload = WorkloadW(events: records * 2, seed: seed, options: .init(records: records))
        while let event = workload.next() { _ = try replica.ingest([event] + (0..<199).compactMap { _ in workload.next() }) }
        _ = try replica.ingest(RandomHistory(seed: seed + 1000, options: .init(records: 5, events: 60)).events)
        try replica.checkpoint()
        try replica.close()
        let path = try "disk/store/checkpoint/" + #require(volume.names(in: "disk/store/checkpoint").first)
        return (path, volume.state)
    }

    private static func open(_ volume: FaultyVolume, _ access: LogAccess = .reading) throws -> Replica<FaultyVolume> {
        try Replica.open(in: "disk/store", on: volume, access: access)
    }

    /// The same store without a checkpoint.
    private static func full(_ state: DiskState) throws -> Replica<FaultyVolume> {
        var state = state
        for path in state.files.keys where path.hasSuffix(".checkpoint") { state.drop(path) }
        return try open(FaultyVolume(state))
    }
}
