import EventCore
import LogStore
import Simulation
import Testing

@testable import ReplicaEngine

/// What lies in a log under right checksums, and is nothing that a store writes: whoever needs it names it, and whoever does not goes on.
struct LyingStoreTests {
    private let malformed = ReplicaError.malformedBlock(at: LyingStore.position)

    @Test func `the store whose blocks are right is read`() throws {
        let replica = try LyingStore(LyingStore.block()).open()
        #expect(try replica.record(LyingStore.key)?.shown(Name("t")) == FieldValue(integer: 7))
        #expect(try replica.history(of: LyingStore.key).map(\.event.dot) == [LyingStore.lyingEvent])
        #expect(try replica.newestToUndo() == Dot(device: LyingStore.device, seq: 1))
        try replica.checkpoint()
    }

    @Test func `an event that breaks a rule is named by whoever makes an event of it`() throws {
        let store = try LyingStore(LyingStore.block(undoes: true))
        for isSealed in [false, true] {
            if isSealed { try store.seal { _ in [DeviceRange(device: LyingStore.stranger, first: 1, last: 1)] } }
            let replica = try store.open(.reading)
            // The fold asks neither why an event was written, nor what it undoes.
            #expect(try replica.record(LyingStore.key)?.shown(Name("t")) == FieldValue(integer: 7))
            #expect(throws: malformed) { try replica.history(of: LyingStore.key) }
            #expect(throws: malformed) { try replica.event(LyingStore.lyingEvent) }
            #expect(throws: malformed) { try replica.events(from: Position(0)) { _ in true } }
            #expect(throws: malformed) { try replica.eventLines { _ in true } }
            #expect(throws: malformed) { try replica.undoPlan(of: LyingStore.lyingEvent) }
            // The store's own event is later: what stands behind it is looked at event by event.
            #expect(throws: malformed) { try replica.records(in: nil, at: .time(milliseconds: 1000)) { _ in true } }
            var dots: [Dot] = []
            try replica.dots(from: Position(0)) { dots.append($1) }
            #expect(dots == [Dot(device: LyingStore.device, seq: 1), LyingStore.lyingEvent])
        }
    }

    @Test func `a waiting event that breaks a rule is named when the store is opened`() throws {
        let store = try LyingStore(LyingStore.block(.waiting, undoes: true))
        for access in LogAccess.allCases { #expect(throws: malformed) { try store.open(access) } }
        #expect(try Replica.verify(in: SampleStore.folder, on: store.volume).malformedBlock == LyingStore.position)
    }

    @Test func `a value that is none is named by whoever reads it, and is not packed anew`() throws {
        // Text that another type holds: the number 5.
        let store = try LyingStore(LyingStore.block(value: [1, UInt8(ascii: "5")]))
        let before = store.volume.state.files
        let replica = try store.open()
        let end = ReplicaError.malformedBlock(at: replica.end)
        #expect(throws: end) { try replica.record(LyingStore.key) }
        #expect(throws: end) { try replica.canonicalDump { _ in } }
        #expect(throws: malformed) { try replica.eventLines { _ in true } }
        #expect(throws: end) { try replica.someValues(of: Name("t"), in: nil, lookingAt: 10) }
        #expect(throws: end) { try replica.records(in: nil, at: .position(replica.end)) { _ in true } }
        #expect(throws: malformed) { try replica.history(of: LyingStore.key) }
        #expect(throws: ReplicaError.log(.invalidBlock(.malformed(offset: 0)))) { try replica.checkpoint() }
        #expect(try replica.record(RecordKey(collection: Name("own"), record: Name("o")))?.shown(Name("o")) == FieldValue(integer: 1))
        try replica.close()
        for (path, bytes) in before where path.hasSuffix(".segment") {
            // Room behind the end may be there or not.
            #expect(store.volume.state.files[path]?.starts(with: bytes.prefix(1536)) == true)
        }
        #expect(try store.open().end == Position(2))
    }

    @Test(arguments: [1, 2]) func `a device's later event in the place of its next one is named`(threads: Int) throws {
        let store = try LyingStore(LyingStore.block(seq: 1), LyingStore.block(seq: 3))
        #expect(throws: ReplicaError.malformedBlock(at: Position(2))) {
            try Replica.replay(in: SampleStore.folder, on: store.volume, threads: threads)
        }
        #expect(throws: ReplicaError.malformedBlock(at: Position(2))) { try store.open() }
        let replica = try LyingStore(LyingStore.block(seq: 1), LyingStore.block(seq: 2)).open()
        #expect(replica.end == Position(3))
    }

    @Test func `an index that does not know the store's own event, or says that it is elsewhere, is noticed by who looks for it`() throws {
        let own = Dot(device: LyingStore.device, seq: 1)
        let unknown = try LyingStore(LyingStore.block())
        try unknown.seal { _ in [] }
        #expect(throws: ReplicaError.unknownEvent(own)) { try unknown.open(.reading).newestToUndo() }
        let elsewhere = try LyingStore(LyingStore.block())
        try elsewhere.seal { first in
            first == LyingStore.position ? [DeviceRange(device: LyingStore.device, first: 1, last: 1)] : []
        }
        #expect(throws: malformed) { try elsewhere.open(.reading).newestToUndo() }
        // The undo is found, and what it undoes is not.
        let half = try LyingStore(LyingStore.block())
        let replica = try half.open()
        let undo = try #require(try replica.commit(replica.undoPlan(of: own).drafts, wall: 1_800_000_000_001).first).dot
        #expect(undo.seq == 2)
        try replica.close()
        try half.sealAsOneBlock(claiming: [DeviceRange(device: LyingStore.device, first: 2, last: 2)])
        #expect(throws: ReplicaError.unknownEvent(own)) { try half.open(.reading).newestToUndo() }
        #expect(try half.open(.reading).newestToRedo() == undo)
    }

    @Test func `a store without a log is named`() throws {
        let volume = FaultyVolume(try SampleStore().state)
        for path in volume.state.files.keys where path.contains("/log/") { volume.state.drop(path) }
        let noLog = ReplicaError.log(.noLog(folder: SampleStore.folder))
        #expect(throws: noLog) { try Replica.verify(in: SampleStore.folder, on: volume) }
        #expect(throws: noLog) { try SampleStore.open(volume) }
    }

    // MARK: - Inside

    @Test func `no block holds what is not there, and a log that cannot be read says so`() throws {
        let sample = try SampleStore()
        let volume = FaultyVolume(sample.state)
        let replica = try SampleStore.open(volume, .reading)
        #expect(throws: ReplicaError.malformedBlock(at: replica.end)) { try replica.block(containing: replica.end) }
        // In the middle of a sealed segment its index has to be read.
        volume.inject(.inputOutput, at: 1, isForever: true)
        let error = #expect(throws: ReplicaError.self) { try Replica.blocks(of: replica.log, from: Position(5)) }
        guard case .log(.volume)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        volume.heal()
        #expect(try Replica.next(Replica.blocks(of: replica.log, from: Position(5)))?.first == Position(0))
    }

    @Test func `a store that is full takes nothing more, and keeps what it has`() throws {
        let sample = try SampleStore()
        let replica = try SampleStore.open(FaultyVolume(sample.state))
        let draft = Draft(key: sample.keys[0], body: .delete)
        replica.table.capacity.events = UInt64(replica.table.eventCount) + 1
        let written = try replica.commit([draft], wall: 1_800_000_000_000)
        let (own, end) = (try #require(written.first).dot, replica.end)
        let refused = ReplicaError.refused(Dot(device: own.device, seq: own.seq + 1), .beyondLimits)
        #expect(throws: refused) { try replica.commit([draft], wall: 1_800_000_000_000) }
        #expect(throws: refused) { try CommitQueue(replica).commit([draft], wall: 1_800_000_000_000) }
        let stranger = try Event.plain(DeviceID(high: 8, low: 0), 1)
        #expect(throws: ReplicaError.refused(stranger.dot, .beyondLimits)) { try replica.ingest([stranger]) }
        #expect(replica.end == end)
        #expect(try replica.event(own)?.event == written.first)
    }

    @Test func `what was put aside and is not there any more is not taken for another event`() throws {
        let replica = try SampleStore.open(FaultyVolume(try SampleStore().state))
        let early = try Event.plain(DeviceID(high: 8, low: 0), 2)
        let ingestion = try replica.ingestion()
        try ingestion.add(early)
        let byteCount = EventBlocks.bytes(of: [early]).count
        let lane = ingestion.number(of: early.dot.device)
        #expect(try ingestion.early(EarlyEvents.Entry(seq: 2, offset: 0, byteCount: byteCount), lane) == early)
        #expect(throws: ReplicaError.malformedBlock(at: replica.end)) {
            try ingestion.early(EarlyEvents.Entry(seq: 3, offset: 0, byteCount: byteCount), lane)
        }
        #expect(throws: ReplicaError.malformedBlock(at: replica.end)) {
            try ingestion.early(EarlyEvents.Entry(seq: 2, offset: 0, byteCount: byteCount - 1), lane)
        }
    }
}
