import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// A table that was taken in from a checkpoint, read, written to, grown and written out again is the fold of the log.
struct CheckpointTests {
    @Test(arguments: 0..<3 as Range<UInt64>)
    func `at any moment of a store's life, reading, going on and replaying give the same, and the checkpoint stays what it was`(
        seed: UInt64
    ) throws {
        let volume = FaultyVolume()
        var life = try Life(on: volume, seed: seed)
        for step in 0..<24 {
            let before = try life.checkpointFiles()
            let mayChange = try life.act()
            let name = "seed \(seed), step \(step)"
            #expect(try mayChange || life.checkpointFiles() == before, "\(name)")
            let full = try Self.full(volume.state)
            // By key first, which looks at one record; then whole, which looks at everything.
            let opened = try Self.open(volume)
            for key in life.someKeys() {
                #expect(try opened.record(key) == full.record(key), "\(name), \(key)")
                #expect(try opened.history(of: key) == full.history(of: key), "\(name), \(key)")
                #expect(try life.replica.record(key) == full.record(key), "\(name), \(key)")
            }
            let (listed, counted) = (try OrderTests.listed(full), try full.openConflictCount())
            #expect(try OrderTests.listed(opened) == listed && opened.openConflictCount() == counted, "\(name)")
            #expect(try OrderTests.listed(life.replica) == listed && life.replica.openConflictCount() == counted, "\(name)")
            #expect(opened.ignoredCheckpoints.isEmpty, "\(name)")
            if step % 3 == 2 {
                let digest = try full.stateDigest()
                #expect(try opened.stateDigest() == digest, "\(name), opened anew")
                if step % 6 == 5 { #expect(try life.replica.stateDigest() == digest, "\(name), gone on") }
            }
            #expect(opened.versionVector == full.versionVector && opened.waitingEvents == full.waitingEvents, "\(name)")
        }
    }

    @Test(arguments: [false, true])
    func `many new records make the index of a checkpoint grow`(isWritten: Bool) throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        var workload = WorkloadW(events: 6000, seed: 5, options: .init(records: 60_000))
        let events = Array(sequence(state: ()) { _ in workload.next() })
        // The smallest index holds some 3000 records.
        var keys: Set<RecordKey> = []
        let cut = try #require(events.indices.first { keys.insert(events[$0].key).inserted && keys.count == 2900 })
        _ = try replica.ingest(Array(events[...cut]))
        try replica.checkpoint()
        try replica.close()
        let next = try Self.open(volume, .writing)
        if isWritten { _ = try next.ingest(Array(events[(cut + 1)...].prefix(1))) }
        for start in stride(from: cut + 1, to: events.count, by: 150) {
            _ = try next.ingest(Array(events[start..<min(start + 150, events.count)]))
        }
        let full = try Self.full(volume.state)
        #expect(full.recordCount > 3400 && next.recordCount == full.recordCount)
        for key in keys.sorted().prefix(200) { #expect(try next.record(key) == full.record(key)) }
        #expect(try next.stateDigest() == full.stateDigest())
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `a flipped bit anywhere in a checkpoint is never served, copied into another one or in the way of writing`(seed: UInt64) throws {
        let (state, path) = try Self.checkpointed()
        let bytes = try #require(state.files[path])
        let full = try Self.full(state)
        let digest = try full.stateDigest()
        let keys = try full.keys()
        var random = SeededRandom(seed: seed)
        var (givenUp, passedOver) = (0, 0)
        for number in 0..<24 {
            // Pages far apart, the first and the last among them, and within each any bit.
            let page = (number * (bytes.count / 4096) / 24 + Int(seed)) % (bytes.count / 4096)
            let bit = (page * 4096 + random.below(4096)) * 8 + random.below(8)
            var damaged = state
            damaged.flipBit(bit, of: path)
            let name = "seed \(seed), bit \(bit)"
            let opened = try Self.open(FaultyVolume(damaged))
            let isPassedOver = !opened.ignoredCheckpoints.isEmpty
            for key in keys.shuffled(using: &random).prefix(20) {
                #expect(try opened.record(key) == full.record(key) && opened.history(of: key) == full.history(of: key), "\(name), \(key)")
                #expect(try opened.conflict(key) == full.conflict(key), "\(name), \(key)")
            }
            #expect(try opened.stateDigest() == digest, "\(name)")
            // Every byte belongs to some checksum, so all of it has been looked at by now.
            #expect(opened.ignoredCheckpoints.map(\.file) == [path], "\(name)")
            if isPassedOver { passedOver += 1 } else { givenUp += 1 }

            let volume = FaultyVolume(damaged)
            let writer = try Self.open(volume, .writing)
            let key = keys[random.below(keys.count)]
            _ = try writer.commit([Self.draft(key, number)], wall: 2_000_000_000_000)
            try writer.checkpoint()
            let end = try Self.full(volume.state).stateDigest()
            #expect(try writer.stateDigest() == end, "\(name), written")
            let again = try Self.open(volume)
            #expect(try again.stateDigest() == end && again.ignoredCheckpoints.isEmpty && again.foldedAtOpening == 0, "\(name), again")
        }
        #expect(givenUp > 10 && passedOver > 0)
    }

    @Test func `damage that nobody touches is not looked for, and verifying finds it`() throws {
        let (state, path) = try Self.checkpointed()
        let keys = try Self.full(state).keys()
        var untouched = 0
        for page in stride(from: 2, to: (state.files[path]?.count ?? 0) / 4096, by: 9) {
            var damaged = state
            damaged.flipBit(page * 4096 * 8, of: path)
            let opened = try Self.open(FaultyVolume(damaged))
            _ = try opened.record(keys[0])
            if opened.ignoredCheckpoints.isEmpty { untouched += 1 }
            #expect(try Replica.verify(in: "disk/store", on: FaultyVolume(damaged)).ignoredCheckpoints == [path], "page \(page)")
        }
        #expect(untouched > 2)
    }

    @Test func `a checkpoint that is there already is not written again`() throws {
        let (state, path) = try Self.checkpointed()
        let volume = FaultyVolume(state)
        let replica = try Self.open(volume, .writing)
        let before = volume.operationCount
        try replica.checkpoint()
        #expect(!volume.trace[before...].contains { $0.hasPrefix("write ") })
        try volume.remove(path)
        try replica.checkpoint()
        #expect(volume.state.files[path] == state.files[path])
    }

    // MARK: - Making

    /// A store whose checkpoint has sections of several pieces, long values and conflicts; the checkpoint's path.
    private static func checkpointed() throws -> (DiskState, String) {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        var workload = WorkloadW(events: 800, seed: 3, options: .init(records: 400))
        while let event = workload.next() { _ = try replica.ingest([event] + (0..<199).compactMap { _ in workload.next() }) }
        _ = try replica.ingest(RandomHistory(seed: 4, options: .init(records: 4, events: 40)).events)
        var wall: UInt64 = 1_900_000_000_000
        for number in 0..<40 {
            wall += 1
            let key = try RecordKey(collection: Name("long"), record: Name("r\(number % 30)"))
            _ = try replica.commit([draft(key, number, length: 3000)], wall: wall)
        }
        try replica.checkpoint()
        try replica.close()
        let path = try "disk/store/checkpoint/" + #require(volume.names(in: "disk/store/checkpoint").first)
        return (volume.state, path)
    }

    private static func draft(_ key: RecordKey, _ number: Int, length: Int = 10) throws -> Draft {
        let text = String(repeating: "v", count: length) + "\(number)"
        return Draft(
            key: key,
            body: try .writing(set: [FieldWrite(field: Name("text"), value: FieldValue(uncheckedCanonical: Array("\"\(text)\"".utf8)))]))
    }

    private static func open(_ volume: FaultyVolume, _ access: LogAccess = .reading) throws -> Replica<FaultyVolume> {
        try Replica.open(in: "disk/store", on: volume, access: access)
    }

    /// The same store without a checkpoint.
    private static func full(_ state: DiskState) throws -> Replica<FaultyVolume> {
        var state = state
        for path in state.files.keys where path.hasSuffix(".checkpoint") { state.drop(path) }
        let replica = try open(FaultyVolume(state))
        #expect(replica.foldedAtOpening == replica.end.index)
        return replica
    }

    /// Random steps of one store.
    private struct Life {
        private(set) var replica: Replica<FaultyVolume>
        private let volume: FaultyVolume
        private var random: SeededRandom
        private var rest: ArraySlice<Event>
        private var keys: Set<RecordKey> = []
        private var wall: UInt64 = 1_900_000_000_000

        init(on volume: FaultyVolume, seed: UInt64) throws {
            self.volume = volume
            random = SeededRandom(seed: seed)
            replica = try ReferenceTests.replica(on: volume)
            // Enough for several pieces of cells; much that is concurrent among little that is.
            var workload = WorkloadW(events: 720, seed: seed + 1000, options: .init(records: 300))
            let history = try RandomHistory(seed: seed, options: .init(devices: 3, records: 5, events: 90)).shuffled(seed: seed)
            var events: [Event] = []
            for event in history {
                events.append(event)
                events += (0..<8).compactMap { _ in workload.next() }
            }
            rest = events[...]
        }

        /// One step; whether it may have written a checkpoint.
        mutating func act() throws -> Bool {
            wall += 1
            switch random.below(9) {
            case 0, 1:
                try replica.checkpoint()
                return true
            case 2, 3, 4:
                try replica.close()
                replica = try CheckpointTests.open(volume, .writing)
            case 5, 6:
                let key = try RecordKey(collection: Name("own"), record: Name("r\(random.below(4))"))
                keys.insert(key)
                let draft =
                    random.chance(1, in: 5)
                    ? Draft(key: key, body: .delete) : try CheckpointTests.draft(key, Int(wall % 1000), length: 1 + random.below(9000))
                _ = try replica.commit([draft], wall: wall)
            default:
                let batch = rest.prefix(random.chance(1, in: 3) ? 200 : 1 + random.below(30))
                rest = rest.dropFirst(batch.count)
                keys.formUnion(batch.map(\.key))
                _ = try replica.ingest(Array(batch))
            }
            return false
        }

        mutating func someKeys() -> [RecordKey] { Array(keys.sorted().shuffled(using: &random).prefix(8)) }

        func checkpointFiles() throws -> [String: [UInt8]] { volume.state.files.filter { $0.key.hasSuffix(".checkpoint") } }
    }
}
