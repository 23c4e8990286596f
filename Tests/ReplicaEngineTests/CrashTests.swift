import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// A crash after every volume operation of a store's life: commits, ingestions, early events, checkpoints, openings.
struct CrashTests {
    /// What a store held at some moment, and from which operation on that had been acknowledged.
    struct Moment {
        let operationCount: Int
        let events: UInt64
        let waiting: Int
        let digest: [UInt8]
    }

    static let folder = "disk/store"
    static let device = DeviceID(high: 7, low: 7)
    /// Steps of room that a short life reaches.
    static let options = LogOptions(roomBytes: 2048...8192)

    @Test(arguments: [1, 2] as [UInt64])
    func `after a power loss at any moment the store is what it was after some step, and no acknowledged step is missing`(seed: UInt64)
        throws
    {
        let (volume, moments) = try Self.life(seed: seed)
        var random = SeededRandom(seed: seed)
        for (count, state) in volume.recordedStates where count >= moments[0].operationCount {
            try Self.check(state.afterPowerLoss(&random), moments, count, "seed \(seed), operation \(count)")
        }
    }

    @Test(arguments: [3] as [UInt64])
    func `after kill -9 at any moment the same holds`(seed: UInt64) throws {
        let (volume, moments) = try Self.life(seed: seed)
        for (count, state) in volume.recordedStates where count >= moments[0].operationCount {
            try Self.check(state.afterKill(), moments, count, "seed \(seed), operation \(count)")
        }
    }

    @Test(arguments: VolumeFault.allCases, [false, true])
    func `when any operation fails nothing acknowledged is lost and the store opens again`(fault: VolumeFault, isForever: Bool) throws {
        for number in 1... {
            let volume = FaultyVolume(try Self.emptyDisk, seed: 9)
            volume.inject(fault, at: number, isForever: isForever)
            var moments: [Moment] = []
            var isCreated = false
            do {
                try Self.live(on: volume, seed: 9, steps: 14) {
                    moments.append($0); isCreated = true
                }
            } catch is ReplicaError {} catch is VolumeError {}
            guard volume.hasStruck else { return }
            volume.heal()
            guard isCreated else { continue }
            try Self.check(volume.state.afterKill(), moments, .max, "\(fault) at \(number)", mayBeLater: true)
        }
    }

    /// Opens what is left, twice: it is one of the moments, not before the last acknowledged one, and the second opening changes nothing.
    private static func check(
        _ state: DiskState, _ moments: [Moment], _ operationCount: Int, _ name: String, mayBeLater: Bool = false
    ) throws {
        let volume = FaultyVolume(state)
        let opened = try Replica.open(in: folder, on: volume, access: .writing)
        let digest = try opened.stateDigest()
        let acknowledged = try #require(moments.last { $0.operationCount <= operationCount }, "\(name)")
        #expect(opened.end.index >= acknowledged.events, "\(name)")
        if let moment = moments.last(where: { $0.events == opened.end.index }) {
            #expect(moment.digest == digest, "\(name)")
            // Events that wait are acknowledged like any others.
            let fewest = acknowledged.events == opened.end.index ? acknowledged.waiting : 0
            #expect(opened.waitingCount >= fewest || mayBeLater, "\(name): \(opened.waitingCount) wait, \(fewest) were acknowledged")
        } else {
            #expect(mayBeLater, "\(name): \(opened.end.index) events were never there")
        }
        let waiting = opened.waitingCount
        try opened.close()
        let again = try Replica.open(in: folder, on: volume, access: .writing)
        #expect(try again.stateDigest() == digest && again.end == opened.end && again.waitingCount == waiting, "\(name)")
        #expect(again.recovery.isClean, "\(name)")
    }

    @Test func `events that wait survive sealing and a crash right after it, also when nothing else is there`() throws {
        let volume = FaultyVolume(try Self.emptyDisk, seed: 1)
        var history = WorkloadW(events: 4, seed: 1, options: .init(records: 1))
        let events = sequence(state: ()) { _ in history.next() }.map(\.self)
        let replica = try Replica.create(in: Self.folder, on: volume, device: Self.device, name: "phone", storeID: StoreID(high: 1, low: 1))
        _ = try replica.ingest([events[1]])
        volume.recordStates()
        try replica.checkpoint()
        for (count, state) in volume.recordedStates {
            let opened = try Replica.open(in: Self.folder, on: FaultyVolume(state.afterKill()), access: .writing)
            #expect(opened.waitingCount == 1, "operation \(count)")
            _ = try opened.ingest(events)
            #expect(opened.end == Position(4) && opened.waitingCount == 0, "operation \(count)")
        }
    }

    private static func life(seed: UInt64) throws -> (FaultyVolume, [Moment]) {
        let volume = FaultyVolume(try emptyDisk, seed: seed)
        volume.recordStates()
        var moments: [Moment] = []
        try live(on: volume, seed: seed, steps: 40) { moments.append($0) }
        return (volume, moments)
    }

    private static var emptyDisk: DiskState {
        get throws {
            let volume = FaultyVolume()
            try volume.createFolder("disk")
            var state = volume.state
            state.settle()
            return state
        }
    }

    /// Random steps; `note` is told what is acknowledged after each.
    private static func live(on volume: FaultyVolume, seed: UInt64, steps: Int, note: (Moment) -> Void) throws {
        var random = SeededRandom(seed: seed)
        var foreign = WorkloadW(events: 400, seed: seed, options: .init(records: 12))
        var held: [Event] = []
        var replica = try Replica.create(
            in: folder, on: volume, device: device, name: "phone", storeID: StoreID(high: seed, low: 1),
            options: options)
        func noteMoment() throws {
            note(
                Moment(
                    operationCount: volume.operationCount, events: replica.end.index, waiting: replica.waitingCount,
                    digest: try replica.stateDigest()))
        }
        try noteMoment()
        for step in 0..<steps {
            switch random.below(8) {
            case 0, 1, 2:
                let value = FieldValue(uncheckedCanonical: Array("\"step \(step)\"".utf8))
                let key = try RecordKey(collection: Name("own"), record: Name("r\(random.below(3))"))
                let body = random.chance(1, in: 6) ? EventBody.delete : try .writing(set: [FieldWrite(field: Name("f"), value: value)])
                _ = try replica.commit([Draft(key: key, body: body)], wall: UInt64(1_000_000 + step))
            case 3, 4:
                var batch = held
                held = []
                for _ in 0..<(1 + random.below(12)) { if let event = foreign.next() { batch.append(event) } }
                // Holding one back makes those that build on it wait.
                if batch.count > 2 && random.chance(1, in: 2) { held.append(batch.remove(at: random.below(batch.count))) }
                _ = try replica.ingest(batch)
            case 5: try replica.checkpoint()
            default:
                try replica.close()
                replica = try Replica.open(in: folder, on: volume, access: .writing, options: options)
            }
            try noteMoment()
        }
    }
}
