import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing

/// What a store refuses because it makes no sense there: names of nothing, drafts that are none, folders that hold something else.
struct RefusalTests {
    private let sample: SampleStore
    private let replica: Replica<FaultyVolume>
    private let stranger = Dot(device: DeviceID(high: 99, low: 0), seq: 1)

    init() throws {
        sample = try SampleStore()
        replica = try SampleStore.open(FaultyVolume(sample.state))
    }

    @Test func `an event that is not here is unknown to every question`() throws {
        let key = sample.keys[0]
        let unknown = ReplicaError.unknownEvent(stranger)
        let moment = Moment.dot(stranger)
        #expect(throws: unknown) { try replica.record(key, at: moment) }
        #expect(throws: unknown) { try replica.undoPlan(of: stranger) }
        #expect(throws: unknown) { try replica.policies(of: Name("trips"), at: moment) }
        #expect(throws: unknown) { try replica.records(in: nil, at: moment) { _ in true } }
        #expect(throws: unknown) { try replica.openConflicts(at: moment) { _ in true } }
        #expect(throws: unknown) { try replica.conflicts(at: moment) }
        #expect(try replica.event(stranger) == nil && replica.position(of: stranger) == nil)
        let other = try #require(sample.events.first { $0.key != key })
        #expect(throws: ReplicaError.eventOfOtherRecord(other.dot, other.key)) { try replica.record(key, at: .dot(other.dot)) }
    }

    @Test func `a record without an event is unknown, and has no past`() throws {
        let key = try RecordKey(collection: Name("none"), record: Name("none"))
        let unknown = ReplicaError.unknownRecord(key)
        #expect(throws: unknown) { try replica.origin(of: Name("f"), in: key) }
        #expect(throws: unknown) { try replica.origin(of: Name("f"), in: key, at: .position(Position(5))) }
        for limit in [nil, 1] {
            #expect(throws: unknown) { try replica.audit(of: key, AuditFilter(), limit: limit, newestFirst: false) { _ in true } }
        }
        #expect(try replica.record(key) == nil && replica.history(of: key).isEmpty && replica.conflict(key) == nil)
        #expect(try replica.eventCount(of: key) == 0 && replica.decided(key) == nil && replica.key(at: replica.end) == nil)
        // Before its first event a record was none.
        let late = try #require(sample.events.last).key
        let first = try #require(try replica.history(of: late).first)
        #expect(try replica.record(late, at: .position(first.position)) == nil)
        #expect(throws: ReplicaError.unknownRecord(late)) { try replica.origin(of: Name("f0"), in: late, at: .position(first.position)) }
    }

    @Test func `a draft that cannot become an event is refused, and nothing is written`() throws {
        let end = replica.end
        let large = FieldValue(text: String(repeating: "x", count: Limits.eventBytes))
        let key = sample.keys[0]
        let good = Draft(key: key, body: .delete)
        let drafts = [
            Draft(key: key, body: try .writing(set: [FieldWrite(field: Name("f"), value: large)])),
            Draft(key: key, body: .delete, epoch: UInt64.max),
            Draft(key: key, body: .delete, undoes: sample.events[0].dot),
        ]
        for draft in drafts {
            let refused = #expect(throws: ReplicaError.self) { try replica.commit([good, draft], wall: 1_800_000_000_000) }
            #expect({ if case .invalidDraft = refused { true } else { false } }(), "\(String(describing: refused))")
            let queued = #expect(throws: ReplicaError.self) { try CommitQueue(replica).commit([good, draft], wall: 1_800_000_000_000) }
            #expect({ if case .invalidDraft = queued { true } else { false } }(), "\(String(describing: queued))")
        }
        #expect(throws: ReplicaError.invalidDraft(.timeOutOfRange)) { try replica.commit([good], wall: 1 << 48) }
        #expect(throws: ReplicaError.invalidDraft(.timeOutOfRange)) { try CommitQueue(replica).commit([good], wall: 1 << 48) }
        #expect(replica.end == end)
    }

    @Test(arguments: [
        ("", false), ("syncline", false), ("syncline device 9\nx\n", true), ("syncline device 1\nno id\nname\n", false),
    ]) func `a device file that is none is named`(text: String, isNewer: Bool) throws {
        let volume = FaultyVolume(sample.state)
        let path = SampleStore.folder + "/device"
        let whole = String(decoding: try volume.wholeFile(path), as: UTF8.self)
        volume.state.edit(path) { $0 = Array(text.utf8) }
        let expected = isNewer ? ReplicaError.newerIdentity(file: path) : .damagedIdentity(file: path)
        #expect(throws: expected) { try SampleStore.open(volume) }
        #expect(throws: expected) { try Replica.verify(in: SampleStore.folder, on: volume) }
        volume.state.edit(path) { $0 = Array(whole.utf8) }
        #expect(try SampleStore.open(volume).end == replica.end)
    }

    @Test func `a chain goes no further than its events`() throws {
        let own = try #require(sample.events.last { $0.dot.device == replica.device }).dot
        let head = try OwnChain.head(of: replica, upTo: own.seq, from: nil)
        #expect(head.dot == own)
        #expect(try replica.chainHead(behind: OwnChain.head(of: replica, upTo: 2, from: nil), upTo: own.seq) == head)
        #expect(throws: ReplicaError.unknownEvent(Dot(device: own.device, seq: own.seq + 1))) {
            try OwnChain.head(of: replica, upTo: own.seq + 1, from: head)
        }
        #expect(throws: ReplicaError.unknownEvent(Dot(device: own.device, seq: own.seq + 5))) {
            try OwnChain.head(of: replica, upTo: own.seq + 5, from: nil)
        }
        #expect(throws: ReplicaError.unknownEvent(stranger)) {
            try replica.chainHead(behind: ChainHead(emptyChainOf: stranger.device), upTo: 1)
        }
    }

    @Test func `events travel in blocks that are made for it, and in no others`() throws {
        let event = try Event.plain(DeviceID(high: 8, low: 0), 1)
        #expect(try EventBlocks.events(in: EventBlocks.bytes(of: [event]), limit: 10) == [event])
        var builder = BlockBuilder()
        builder.append(event, context: .whole(event.context))
        #expect(throws: BlockError.malformed(offset: 8)) { try EventBlocks.events(in: builder.finish(), limit: 10) }
    }

    @Test func `a folder whose log has events is no place for a new store`() throws {
        let volume = FaultyVolume(sample.state)
        func create() throws(ReplicaError) -> Replica<FaultyVolume> {
            try Replica.create(
                in: SampleStore.folder, on: volume, device: DeviceID(high: 5, low: 5), name: "new", storeID: StoreID(high: 5, low: 5))
        }
        #expect(throws: ReplicaError.alreadyAStore(folder: SampleStore.folder)) { try create() }
        try volume.remove(SampleStore.folder + "/device")
        #expect(throws: ReplicaError.alreadyAStore(folder: SampleStore.folder)) { try create() }
        #expect(throws: ReplicaError.notAStore(folder: SampleStore.folder)) { try SampleStore.open(volume) }
        try volume.createFolder("empty")
        #expect(throws: ReplicaError.notAStore(folder: "empty")) { try Replica.open(in: "empty", on: volume, access: .reading) }
        #expect(throws: ReplicaError.self) { try Replica.replay(in: "empty", on: volume) }
    }

    @Test func `progress that cannot be read is not taken for none`() throws {
        let volume = FaultyVolume()
        try volume.createFolder("sync")
        var progress = SyncProgress()
        (progress.cursor, progress.head, progress.blocked) = ("ab", 7, "gap")
        try volume.replaceSharedFile("sync" + SyncProgress.fileName, in: "sync", with: progress.json)
        #expect(try SyncProgress.read(in: "sync", on: volume) == progress)
        volume.inject(.inputOutput, at: 1, isForever: true)
        #expect(throws: VolumeError.self) { try SyncProgress.read(in: "sync", on: volume) }
        volume.heal()
        #expect(try SyncProgress.read(in: "nowhere", on: volume) == SyncProgress())
    }
}
