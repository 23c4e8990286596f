import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Packed blocks taken in as they lie: what is taken is what events would have made of it, and nothing else is taken.
struct BlockIntakeTests {
    /// A store that is given another one's packed blocks, one by one, and the events of those that it does not take.
    private struct Target {
        let store: Store
        private var intake: BlockIntake<FaultyVolume>
        /// Whether each block is met by a process that took none before it.
        var forgetsAll = false
        var chains: [DeviceID: ChainHead] = [:]
        var (taken, declined) = (0, 0)

        init(_ number: UInt64, remembering events: Int = 8 << 20) throws {
            store = try Store(number, wall: 1_700_000_000_000)
            intake = BlockIntake(store.replica, remembering: events)
        }

        mutating func take(_ body: BlocksBody, _ block: Int = 0, claims: [Dot: Hash256] = [:]) throws -> Bool {
            if forgetsAll { intake = BlockIntake(store.replica) }
            let known = chains
            let expectations = ChainExpectations(head: { known[$0] ?? ChainHead(emptyChainOf: $0) }, stride: 4, claims: claims)
            guard let taken = try body.withBlock(block, { (bytes) throws(ReplicaError) in try intake.take(bytes, expectations) }) else {
                return false
            }
            for link in taken.links { chains[link.dot.device] = link }
            #expect(taken.block.ranges == body.authors(block))
            try intake.append()
            return true
        }

        /// Takes in all that another store has.
        mutating func takeAll(of source: Replica<FaultyVolume>) throws {
            var (position, reader) = (Position(0), EventReader(from: Position(0)))
            while position < source.end {
                let run = try source.packedBlocks(from: position, upTo: source.end, limitBytes: 0)
                let events = try reader.next(1, of: source).map(\.event)
                position = Position(position.index + UInt64(events.count))
                if let body = BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)), body.blockCount == 1 {
                    #expect(body.eventCount == events.count)
                    if try take(body) {
                        taken += 1
                        continue
                    }
                }
                declined += 1
                _ = try store.replica.ingest(events)
                for event in events { follow(event) }
            }
            try store.replica.sync()
        }

        /// Takes an event into its device's chain, unless it is there.
        mutating func follow(_ event: Event) {
            let head = chains[event.dot.device] ?? ChainHead(emptyChainOf: event.dot.device)
            guard event.dot.seq == head.dot.seq + 1 else { return }
            chains[event.dot.device] = head.followed(by: event.dot, canonical: event.canonicalJSON)
        }

        /// Holds the store and its chains to what its events are, read one by one, also after opening it anew.
        func check(_ name: String) throws {
            var (store, chains) = (store, HashChains())
            let events = try store.events()
            for event in events {
                #expect(try Event(json: event.canonicalJSON) == event, "\(name)")
                chains.add(event)
            }
            #expect(chains.heads == self.chains.values.filter { $0.dot.seq > 0 }.sorted { $0.dot < $1.dot }, "\(name)")
            let dump = try store.dump()
            try store.reopen()
            #expect(try store.events() == events, "\(name)")
            #expect(try store.dump() == dump, "\(name)")
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `all blocks of W are taken, one behind the other`(seed: UInt64) throws {
        let source = try Store(9, wall: 0)
        try source.replica.adopt(Array(WorkloadW(events: 8000, seed: seed)))
        try source.replica.checkpoint()
        var target = try Target(1)
        try target.takeAll(of: source.replica)
        #expect(target.taken > 3 && target.declined == 0, "seed \(seed)")
        #expect(try target.store.events() == source.events(), "seed \(seed)")
        #expect(try target.store.dump() == source.dump(), "seed \(seed)")
        try target.check("seed \(seed)")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `nor does it take remembering the blocks before: what a head's writer had seen is read in the log`(seed: UInt64) throws {
        let source = try Store(9, wall: 0)
        // Few records, and one of them with many events of many devices.
        try source.replica.adopt(Array(WorkloadW(events: 8000, seed: seed, options: .init(devices: 6, records: 40))))
        try source.replica.checkpoint()
        for (events, forgetsAll) in [(8 << 20, true), (0, false), (3000, false)] {
            var target = try Target(1, remembering: events)
            target.forgetsAll = forgetsAll
            try target.takeAll(of: source.replica)
            #expect(target.taken > 3 && target.declined == 0, "seed \(seed), \(events) remembered")
            try target.check("seed \(seed), \(events) remembered")
        }
    }

    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `a mixed history comes over whole, whether its blocks are taken or not`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var stores = try [1, 2, 3].map { try Store($0, wall: 1_700_000_000_000) }
        for round in 0..<80 {
            let writer = random.below(3)
            try stores[writer].write(&random, "seed \(seed)")
            if round % 9 == 0 { try stores[writer].take(from: stores[random.below(3)], &random) }
            // Many small segments, and so many small blocks.
            if round % 5 == 0 { try stores[0].replica.checkpoint() }
        }
        for other in stores.dropFirst() { _ = try stores[0].replica.ingest(try other.events() + other.replica.waitingEvents) }
        try stores[0].replica.checkpoint()
        var target = try Target(5, remembering: seed % 2 == 0 ? 8 << 20 : 8)
        target.forgetsAll = seed % 4 == 1
        // What is here already makes some blocks unfit.
        if seed % 3 == 0 {
            let known = try stores[1].events()
            _ = try target.store.replica.ingest(known)
            for event in known { target.follow(event) }
        }
        try target.takeAll(of: stores[0].replica)
        if seed % 3 != 0 { #expect(target.taken > 0, "seed \(seed)") }
        if seed % 3 != 0 { #expect(try target.store.events() == stores[0].events(), "seed \(seed)") }
        #expect(try target.store.dump() == stores[0].dump(), "seed \(seed)")
        try target.check("seed \(seed)")
    }

    @Test func `a disk that refuses what was taken says so, and nothing of it is there when the store is opened anew`() throws {
        let source = try Store(9, wall: 0)
        try source.replica.adopt(Array(WorkloadW(events: 500, seed: 3)))
        try source.replica.checkpoint()
        let run = try source.replica.packedBlocks(from: Position(0), upTo: source.replica.end, limitBytes: 0)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
        for fault in [VolumeFault.inputOutput, .noSpace] {
            let volume = FaultyVolume()
            let replica = try ReferenceTests.replica(on: volume)
            let intake = BlockIntake(replica)
            #expect(try body.withBlock(0) { (bytes) throws(ReplicaError) in try intake.take(bytes) } != nil)
            volume.inject(fault, at: 1, isForever: true)
            do {
                try intake.append()
                Issue.record("\(fault) went unseen")
            } catch { #expect({ if case .log(.appendFailed) = error { true } else { false } }(), "\(fault): \(error)") }
            #expect(volume.hasStruck)
            volume.heal()
            #expect(throws: ReplicaError.self) { try intake.append() }
            #expect(try Replica.open(in: "disk/store", on: FaultyVolume(volume.state), access: .writing).end == Position(0))
        }
    }

    @Test func `events under leases are taken with their epochs, where each lease was granted`() throws {
        struct Lease: Hashable {
            let epoch: UInt64
            let device: DeviceID
        }
        let events = try WorkloadW(events: 600, seed: 3, options: .init(devices: 3, records: 12)).enumerated().map { number, event in
            try Event(
                dot: event.dot, key: event.key, context: event.context, time: event.time, body: event.body, kind: event.kind,
                epoch: number % 4 == 0 ? 0 : number % 50 == 7 ? Limits.seq : UInt64(number / 100 + 1))
        }
        let source = try Store(9, wall: 0)
        try source.replica.adopt(events)
        try source.replica.checkpoint()
        var target = try Target(1)
        try target.takeAll(of: source.replica)
        #expect(target.taken > 0 && target.declined == 0)
        #expect(try target.store.events().map(\.epoch) == events.map(\.epoch))
        try target.check("epochs")

        let run = try source.replica.packedBlocks(from: Position(0), upTo: source.replica.end, limitBytes: 0)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
        let leases = Set(events[..<body.eventCount].filter { $0.epoch > 0 }.map { Lease(epoch: $0.epoch, device: $0.dot.device) })
        #expect(leases.count > 3)
        for missing: Lease? in [nil] + leases.map(Optional.some) {
            let target = try Target(1)
            var asked: Set<Lease> = []
            let intake = BlockIntake(target.store.replica)
            let taken = try body.withBlock(0) { (bytes) throws(ReplicaError) in
                try intake.take(bytes) { epoch, device in
                    let lease = Lease(epoch: epoch, device: device)
                    asked.insert(lease)
                    return lease != missing
                }
            }
            #expect((taken != nil) == (missing == nil))
            if missing == nil { #expect(asked == leases) }
        }
    }

    /// A block from `source`, and its bytes.
    private func block(_ seed: UInt64, events: Int) throws -> [UInt8] {
        let source = try Store(9, wall: 0)
        try source.replica.adopt(Array(WorkloadW(events: events, seed: seed, options: .init(devices: 3, records: 12))))
        try source.replica.checkpoint()
        return try source.replica.packedBlocks(from: Position(0), upTo: source.replica.end, limitBytes: 0).bytes
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a lying block under a right checksum is not taken, or says what its events say`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let honest = try block(seed, events: 40)
        let count = try honest.withUnsafeBytes { try BlockHeader(checking: $0).count }
        var taken = 0
        for attempt in 0..<400 {
            var lying = honest
            for _ in 0..<(1 + random.below(3)) {
                let offset = BlockHeader.sizeBytes + random.below(lying.count - BlockHeader.sizeBytes)
                lying[offset] = random.chance(1, in: 2) ? lying[offset] ^ 1 << UInt8(random.below(8)) : UInt8(random.below(256))
            }
            BlockHeader.seal(&lying, kind: .events, encoding: .packed, count: count)
            guard let body = BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: lying)) else { continue }
            var target = try Target(1)
            guard try target.take(body) else {
                #expect(target.store.replica.end == Position(0), "seed \(seed), attempt \(attempt)")
                continue
            }
            taken += 1
            try target.store.replica.sync()
            try target.check("seed \(seed), attempt \(attempt)")
        }
        #expect(taken > 0, "seed \(seed): none was harmless")
    }

    @Test func `chains that are not the claimed ones are not taken; the last event of each block has to be claimed`() throws {
        let blocks = try block(3, events: 60)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: blocks)))
        var honest = try Target(1)
        #expect(try honest.take(body))
        let last = try #require(honest.chains.values.min { $0.dot < $1.dot })
        for (claim, isTaken) in [
            (last, true), (ChainHead(dot: last.dot, hash: .zero), false),
            (ChainHead(dot: Dot(device: last.dot.device, seq: last.dot.seq - 1), hash: last.hash), false),
        ] {
            var target = try Target(1)
            #expect(try target.take(body, claims: [claim.dot: claim.hash]) == isTaken)
            #expect(target.store.replica.end == Position(isTaken ? 60 : 0))
        }
    }

    @Test func `a context that leaves out another head than the newest is not taken for what the newest had seen`() throws {
        let key = try RecordKey(collection: Name("notes"), record: Name("trip"))
        let (a, b, c) = (DeviceID(high: 1, low: 0), DeviceID(high: 2, low: 0), DeviceID(high: 3, low: 0))
        func event(_ device: DeviceID, _ context: [Dot]) throws -> Event {
            try Event(
                dot: Dot(device: device, seq: 1), key: key, context: VersionVector(context), time: HybridTime(packed: 1 << 16),
                body: .writing(set: [FieldWrite(field: Name("x"), value: Store.value("1"))]))
        }
        // The last one has seen the second, and not what that had seen.
        let events = [try event(a, []), try event(b, [Dot(device: a, seq: 1)]), try event(c, [Dot(device: b, seq: 1)])]
        let packed = try Self.packed(events, forms: [.whole(VersionVector()), .heads([events[0].dot]), .whole(events[2].context)])
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: packed)))
        var target = try Target(4)
        #expect(try !target.take(body))
        #expect(target.store.replica.end == Position(0))
    }

    private static func packed(_ events: [Event], forms: [ContextForm]) throws -> [UInt8] {
        var rows = BlockBuilder()
        for (event, form) in zip(events, forms) { rows.append(event, context: form) }
        var builder = PackedBlockBuilder()
        try (rows.finish() + [UInt8](repeating: 0, count: RecordTable.slackBytes)).withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            while let row = try reader.next() { builder.append(row) }
        }
        return builder.finish()
    }
}
