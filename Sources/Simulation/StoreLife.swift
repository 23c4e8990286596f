internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Workload

/// One store's life under a seed: events come in any order, the store writes, checkpoints, is closed, killed, loses power; the disk refuses now and then. After each
/// opening what was acknowledged must be there, and every record must be what the reference model makes of the same events.
///
/// The world of several devices and hubs is another thing; this is the part of it that one store can show.
package struct StoreLife {
    /// A promise that did not hold.
    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a life came through.
    package struct Tally: Sendable, Hashable {
        package var steps = 0
        package var crashes = 0
        package var faults = 0
        package var checkpoints = 0
        package var events = 0

        package init() {}

        package mutating func add(_ other: Tally) {
            steps += other.steps
            crashes += other.crashes
            faults += other.faults
            checkpoints += other.checkpoints
            events += other.events
        }
    }

    private static let folder = "disk/store"
    /// Steps of room that a short life reaches; in every other life also the size from which on segments are sealed.
    private let options: LogOptions
    private let seed: UInt64
    private var random: SeededRandom
    private var volume: FaultyVolume
    private var model = ReferenceModel()
    /// Handed to the store when nothing was acknowledged: there or not after the next opening.
    private var uncertain: [Event] = []
    private var tally = Tally()

    package init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        options =
            seed % 2 == 0 ? LogOptions(segmentLimitBytes: 6000, roomBytes: 2048...8192) : LogOptions(roomBytes: 2048...8192)
        let empty = FaultyVolume()
        try empty.createFolder("disk")
        var state = empty.state
        state.settle()
        volume = FaultyVolume(state, seed: seed)
    }

    /// Lives through `steps` steps.
    ///
    /// - Throws: `Violation`, which names the seed and the step.
    package mutating func run(steps: Int) throws -> Tally {
        let history = try RandomHistory(
            seed: seed, options: .init(devices: 2 + random.below(6), records: 1 + random.below(4), events: steps * 2))
        var rest = random.chance(1, in: 2) ? history.shuffled(seed: seed)[...] : history.shuffledCausally(seed: seed)[...]
        var replica: Replica<FaultyVolume>? = try Replica.create(
            in: Self.folder, on: volume, device: DeviceID(high: seed, low: 9), name: "here", storeID: StoreID(high: 0, low: seed),
            options: options)
        for step in 0..<steps {
            tally.steps += 1
            if random.chance(1, in: 9) { injectFault() }
            let kind = random.below(10)
            if kind < 2 || replica == nil {
                try? replica?.close()
                replica = nil
                try reopen(kind == 0 ? nil : kind == 1, step, &replica)
            } else if let open = replica {
                let batch = kind < 6 ? Array(rest.prefix(1 + random.below(6))) : []
                do { try act(kind, batch, open) } catch is ReplicaError {
                    // Writing is over for this process; what was asked for may or may not be there.
                    tally.faults += 1
                    uncertain += batch
                    replica = nil
                }
                rest = rest.dropFirst(batch.count)
            }
        }
        volume.heal()
        replica = nil
        try reopen(nil, steps, &replica)
        tally.events = model.applied.count
        return tally
    }

    private mutating func act(_ kind: Int, _ batch: [Event], _ replica: Replica<FaultyVolume>) throws {
        switch kind {
        case 2..<6:
            _ = try replica.ingest(batch)
            for event in batch { model.add(event) }
        case 6:
            try replica.checkpoint()
            tally.checkpoints += 1
        default:
            let key = try RecordKey(collection: Name("own"), record: Name("r\(random.below(2))"))
            let value = FieldValue(uncheckedCanonical: Array("\(random.below(100))".utf8))
            let draft = Draft(key: key, body: try .writing(set: [FieldWrite(field: Name("f"), value: value)]))
            let wall = 1_000_000 + UInt64(tally.steps)
            if random.chance(1, in: 2) {
                for event in try replica.commit([draft], wall: wall) { model.add(event) }
            } else if let dot = try replica.commit([PreparedDrafts([draft])], wall: wall), let logged = try replica.event(dot) {
                model.add(logged.event)
            }
        }
    }

    private mutating func injectFault() {
        volume.inject(
            VolumeFault.allCases[random.below(VolumeFault.allCases.count)], at: 1 + random.below(12), isForever: random.chance(1, in: 4))
    }

    /// Opens what is left after closing (nil), power loss (true) or kill -9 (false), on a healed disk, and checks it.
    private mutating func reopen(_ isPowerLoss: Bool?, _ step: Int, _ replica: inout Replica<FaultyVolume>?) throws {
        if let isPowerLoss {
            tally.crashes += 1
            volume = FaultyVolume(isPowerLoss ? volume.state.afterPowerLoss(&random) : volume.state.afterKill(), seed: random.next())
        } else {
            volume.heal()
        }
        let opened: Replica<FaultyVolume>
        do { opened = try Replica.open(in: Self.folder, on: volume, access: .writing, options: options) } catch {
            throw Violation(description: "seed \(seed), step \(step): the store does not open: \(error)")
        }
        try learnUncertain(from: opened)
        try check(opened, step)
        replica = opened
    }

    /// Own and offered events whose writing failed may be there all the same: the store says which.
    private mutating func learnUncertain(from replica: Replica<FaultyVolume>) throws {
        let known = Set((model.applied + model.waiting).map(\.dot))
        let offered = Set(uncertain)
        var found: [Event] = []
        try replica.events(from: Position(0)) { (logged) throws(ReplicaError) in
            let isOwn = logged.event.key.collection.text == "own"
            if !known.contains(logged.event.dot) && (isOwn || offered.contains(logged.event)) { found.append(logged.event) }
            return true
        }
        for event in found + replica.waitingEvents.filter({ offered.contains($0) }) { model.add(event) }
        uncertain = []
    }

    private func check(_ replica: Replica<FaultyVolume>, _ step: Int) throws {
        var dump: [UInt8] = []
        try replica.canonicalDump { dump += $0 }
        guard dump == model.canonicalDump else {
            throw Violation(
                description:
                    "seed \(seed), step \(step): the store holds \(replica.end.index) events and the model \(model.applied.count), or they fold differently"
            )
        }
        guard try volume.undisturbed({ try replica.knownStateDigest(large: 0) == replica.stateDigest() }) else {
            throw Violation(description: "seed \(seed), step \(step): a saved digest is believed that is that of another state")
        }
        guard Set(replica.waitingEvents) == Set(model.waiting) else {
            throw Violation(
                description: "seed \(seed), step \(step): \(replica.waitingCount) events wait, in the model \(model.waiting.count)")
        }
    }
}
