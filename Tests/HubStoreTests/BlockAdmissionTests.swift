import EventCore
import EventSamples
import HubStore
import LogStore
import ReplicaEngine
import Simulation
import SyncCore
import Testing
import Workload

/// Packed blocks that a device pushes: what is taken of them is what their events would have been, and they are handed out as they came.
struct BlockAdmissionTests {
    private let disk: HubDisk
    private let events: [Event]
    private let body: BlocksBody

    init() throws {
        disk = try HubDisk()
        let volume = FaultyVolume()
        try volume.createFolder("device")
        let source = try Replica.create(
            in: "device/store", on: volume, device: .sample(1), name: "source", storeID: StoreID(high: 1, low: 1))
        events = Array(WorkloadW(events: 3000, seed: 5, options: .init(records: 40)))
        try source.adopt(events)
        try source.checkpoint()
        let run = try source.packedBlocks(from: Position(0), upTo: source.end, limitBytes: 1 << 30)
        body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
    }

    @Test func `what blocks make of a log is what their events make of it`() throws {
        #expect(body.blockCount > 1 && body.eventCount == events.count)
        var log = try disk.open()
        let admission = try log.admit(.blocks(body), under: AdmissionRules())
        let plain = try HubDisk().open()
        let expected = try plain.admit(.events(events), under: AdmissionRules())
        #expect(admission.accepted == expected.accepted && admission.isChanged && admission.critical == expected.critical)
        // A block's event is concurrent when the record is in conflict behind its block, one of a batch when it is so in the end.
        var concurrent = 0
        for (number, (verdict, other)) in zip(admission.verdicts, expected.verdicts).enumerated() {
            let position = Position(UInt64(number))
            if verdict == .concurrent(position) { concurrent += 1 }
            #expect(verdict == other || verdict == .accepted(position) && other == .concurrent(position), "event \(number)")
        }
        #expect(concurrent > 0 && admission.verdicts.count == expected.verdicts.count)
        try log.sync()
        for _ in 0..<2 {
            #expect(log.end == plain.end && log.applied == plain.applied && log.heads == plain.heads)
            for position in [0, 700, 1024, 3000] {
                #expect(try log.digest(at: Position(UInt64(position))) == plain.digest(at: Position(UInt64(position))))
            }
            let dot = events[1500].dot
            #expect(try log.event(dot) == events[1500])
            for head in try plain.heads.map({ try agreeing(plain, at: $0.dot.seq / 2, of: $0.dot.device) }) {
                #expect(try log.agreement(with: head) == .same)
            }
            #expect(try log.events(Position(0)..<Position(100)).map(\.event) == Array(events[..<100]))
            log = try disk.reopen(log)
        }
    }

    /// A device's chain at one of its events, reckoned from the first on.
    private func agreeing(_ log: StoreLog<FaultyVolume>, at seq: UInt64, of device: DeviceID) throws -> ChainHead {
        chain(events.filter { $0.dot.device == device })[Int(seq)]
    }

    @Test func `a log that was opened anew takes them as one that has been open`() throws {
        var log = try disk.open()
        var accepted = 0
        for number in 0..<body.blockCount {
            let bytes = try body.withBlock(number) { Array($0.dropLast(RecordTable.slackBytes)) }
            let one = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: bytes)))
            accepted += try log.admit(.blocks(one), under: AdmissionRules()).verdicts.count
            #expect(log.end.index == UInt64(accepted), "block \(number)")
            try log.sync()
            log = try disk.reopen(log)
        }
        #expect(accepted == events.count)
    }

    @Test func `they are handed out as they came`() throws {
        let log = try disk.open()
        _ = try log.admit(.blocks(body), under: AdmissionRules())
        var bytes: [UInt8] = []
        var end = Position(0)
        while end < log.end {
            let run = try log.blocks(end..<log.end)
            #expect(run.end > end)
            (bytes, end) = (bytes + run.bytes, run.end)
        }
        let again = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: bytes)))
        #expect(again.blockCount == body.blockCount && again.covers == body.covers)
        for number in 0..<body.blockCount {
            let came = try body.withBlock(number) { Array($0) }
            #expect(
                try again.withBlock(number) { Array($0.prefix(came.count - RecordTable.slackBytes)) }
                    == Array(came.dropLast(RecordTable.slackBytes)))
        }
        // Inside a block none begins.
        #expect(try log.blocks(Position(1)..<log.end).bytes.isEmpty)
    }

    @Test func `a block that names policies is looked at event by event`() throws {
        let volume = FaultyVolume()
        try volume.createFolder("device")
        let source = try Replica.create(
            in: "device/store", on: volume, device: .sample(1), name: "source", storeID: StoreID(high: 1, low: 1))
        let key = RecordKey(collection: .policies, record: try Name("notes"))
        let write = FieldWrite(field: .restOfFields, value: FieldValue(text: "latest"))
        _ = try source.commit([Draft(key: key, body: .writing(set: [write]))], wall: 1)
        try source.checkpoint()
        let run = try source.packedBlocks(from: Position(0), upTo: source.end, limitBytes: 1 << 30)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
        #expect(body.blockCount == 1)
        let log = try disk.open()
        #expect(try log.admit(.blocks(body), under: AdmissionRules()).verdicts.isEmpty && log.end == Position(0))
        // A device takes it as it lies: the hub has looked at it.
        let other = try Replica.create(in: "device/other", on: volume, device: .sample(2), name: "", storeID: StoreID(high: 1, low: 2))
        #expect(try other.takeIn(body, BlockIntake(other)) == 1)
    }

    @Test func `a block of events under a lease is taken where its writer has held that lease`() throws {
        let volume = FaultyVolume()
        try volume.createFolder("device")
        let source = try Replica.create(
            in: "device/store", on: volume, device: .sample(1), name: "source", storeID: StoreID(high: 1, low: 1))
        let key = RecordKey(collection: try Name("notes"), record: try Name("trip"))
        for (number, epoch) in ([1, 1, 2] as [UInt64]).enumerated() {
            let write = FieldWrite(field: try Name("days"), value: FieldValue(text: "\(number)"))
            _ = try source.commit([Draft(key: key, body: .writing(set: [write]), epoch: epoch)], wall: 1)
        }
        try source.checkpoint()
        let run = try source.packedBlocks(from: Position(0), upTo: source.end, limitBytes: 1 << 30)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
        #expect(body.eventCount == 3)
        let log = try disk.open()
        // Another device has held the second.
        for holders in [[], [.sample(1)], [.sample(1), .sample(2)], [.sample(2), .sample(1)]] as [[DeviceID]] {
            let rules = AdmissionRules(grants: HubState(holders.map { .epochGranted(to: $0) }).grants)
            #expect(try log.admit(.blocks(body), under: rules).verdicts.isEmpty && log.end == Position(0), "\(holders)")
        }
        let rules = AdmissionRules(grants: HubState([.epochGranted(to: .sample(1)), .epochGranted(to: .sample(1))]).grants)
        #expect(try log.admit(.blocks(body), under: rules).verdicts == (0..<3).map { .accepted(Position($0)) })
        #expect(try log.events(Position(0)..<Position(3)).map(\.event.epoch) == [1, 1, 2])
    }

    @Test func `where a rule is broken, or they are here, their events have to be looked at one by one`() throws {
        let log = try disk.open()
        let last = try #require(events.last { $0.dot.device == events[0].dot.device })
        let wrong = ChainHead(dot: last.dot, hash: .zero)
        let refused = AdmissionRules(refused: [events[0].dot.device: .signatureInvalid])
        #expect(try log.admit(.blocks(body), under: refused) == Admission())
        #expect(log.end == Position(0))
        let broken = try log.admit(.blocks(body), under: AdmissionRules(claims: [wrong]))
        // Only blocks without an event of the device whose chain is claimed, before the first that has one.
        #expect(broken.verdicts.isEmpty && log.end == Position(0))
        _ = try log.admit(.blocks(body), under: AdmissionRules())
        #expect(try log.admit(.blocks(body), under: AdmissionRules()).verdicts.isEmpty)
        #expect(log.end == Position(3000))
    }
}
