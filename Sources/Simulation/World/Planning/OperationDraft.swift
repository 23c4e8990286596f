internal import SyncCore
internal import Workload

/// Draws what is done in a world.
struct OperationDraft {
    private let plan: WorldPlan
    private var random: SeededRandom
    private(set) var operations: [Operation] = []

    init(plan: WorldPlan, random: SeededRandom) {
        self.plan = plan
        self.random = random
    }

    private var deviceCount: Int { plan.devices.count }

    mutating func drawEverydayLife() {
        let writers = plan.devices.indices.filter { plan.devices[$0].role.pushes }
        for device in plan.devices.indices where plan.devices[device].joinsLate { add(.join(device: device), in: 2...6) }
        for _ in 0..<(15 + random.below(50)) {
            let device = writers[random.below(writers.count)]
            add(random.chance(1, in: 6) ? .settle(device: device) : .write(device: device), in: 0...10)
        }
        for device in plan.devices.indices {
            if random.chance(1, in: 3) { add(.checkpoint(device: device), in: 1...10) }
            if random.chance(1, in: 4) { add(.restart(device: device), in: 1...10) }
        }
        if random.chance(1, in: 3) { add(.restartHub(random.below(plan.hubCount)), in: 1...10) }
    }

    mutating func drawFaults() {
        for faultClass in FaultClass.allCases where plan.classes.contains(faultClass) {
            switch faultClass {
            case .loss, .delay, .duplicates, .halfOpen, .slowReaders, .blocks, .json, .quota: break
            case .mending: several { .mend(device: $0.random.below(2)) }
            case .kill: several { $0.fall(.kill) }
            case .powerLoss: several { $0.fall(.powerLoss) }
            case .diskErrors: several { draft in draft.either({ .breakDisk(device: $0) }, { .breakDiskOfHub($0) }) }
            case .fullDisk: several { draft in draft.either({ .fillDisk(device: $0) }, { .fillDiskOfHub($0) }) }
            case .partitions:
                several { .partition(device: $0.device(), PartitionSides.allCases[$0.random.below(3)]) }
            case .cuts: several { .cutSocket(device: $0.device()) }
            case .clockJumps: several { draft in draft.either({ .setClock(device: $0) }, { .setClockOfHub($0) }) }
            case .clone: add(.clone(device: random.below(2)), in: 2...7)
            case .restore: drawPair({ .copy(device: $0) }, { .restore(device: $0) }, random.below(2))
            case .rollback: drawPair({ .backUp(hub: $0) }, { .rollBack(hub: $0) }, random.below(plan.hubCount))
            case .revocation: if deviceCount > 2 { add(.revoke(device: deviceCount - 1), in: 3...9) }
            case .lies: several { .lie(Lie.allCases[$0.random.below(Lie.allCases.count)]) }
            case .carrying: several { .carry(from: $0.device(), to: $0.device()) }
            case .standIn: drawPair({ .mirror(hub: $0) }, { .standIn(hub: $0) }, random.below(plan.hubCount))
            }
        }
    }

    private mutating func device() -> Int { random.below(deviceCount) }

    private mutating func fall(_ fall: Fall) -> Operation.Kind {
        let isMidway = random.chance(1, in: 2)
        return either({ .fall(device: $0, fall, midway: isMidway) }, { .fallOfHub($0, fall, midway: isMidway) })
    }

    private mutating func either(_ device: (Int) -> Operation.Kind, _ hub: (Int) -> Operation.Kind) -> Operation.Kind {
        random.chance(1, in: 3) ? hub(random.below(plan.hubCount)) : device(self.device())
    }

    private mutating func several(_ kind: (inout OperationDraft) -> Operation.Kind) {
        for _ in 0..<(1 + random.below(4)) {
            let next = kind(&self)
            add(next, in: 1...10)
        }
    }

    /// A copy in the first half, its use in the second.
    private mutating func drawPair(_ first: (Int) -> Operation.Kind, _ second: (Int) -> Operation.Kind, _ number: Int) {
        add(first(number), in: 1...5)
        add(second(number), in: 6...10)
    }

    /// Adds an operation somewhere in these tenths of the faulty time.
    private mutating func add(_ kind: Operation.Kind, in tenths: ClosedRange<UInt64>) {
        let tenth = plan.safetyMilliseconds / 10
        let at = max(1, tenth * tenths.lowerBound) + random.next() % (tenth * max(1, tenths.upperBound - tenths.lowerBound))
        operations.append(Operation(number: operations.count + 1, at: at, kind: kind, seed: random.next()))
    }
}
