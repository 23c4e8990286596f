internal import SyncCore
internal import Workload

/// All that a seed decides before a world begins: who is in it, what goes wrong how often, what is done when.
package struct WorldPlan: Sendable {
    /// A device of the world.
    struct Device: Sendable {
        let hub: Int
        let role: Role
        /// By how many parts of a thousand its clock runs fast.
        let driftPerMille: Int
        /// What its clock that never goes back showed when the world began.
        let offsetMilliseconds: UInt64
        /// Whether it is enrolled when others have written already.
        let joinsLate: Bool
        let segmentLimitBytes: Int
        let priority: Int
        /// The newest form in which it sends and takes events.
        let speaks: WireForm
    }

    /// How many of a thousand messages or calls suffer.
    struct Rates: Sendable {
        var loss = 0
        var delay = 0
        var duplicates = 0
        var cuts = 0
        var halfOpen = 0
        var slowReaders = 0
    }

    package let seed: UInt64
    let devices: [Device]
    let hubCount: Int
    package private(set) var classes: Set<FaultClass>
    private(set) var rates = Rates()
    private(set) var limits: SyncLimits
    /// How many events a device pushes and pulls at once, at most.
    let pushEvents: Int
    let pullEvents: Int
    /// When faults and writes stop.
    let safetyMilliseconds: UInt64
    /// Of a thousand written events.
    let criticalPerMille: Int
    let recordCount: Int
    package private(set) var operations: [Operation] = []

    /// Whether somebody may lead: a hub that was put back has forgotten epochs, and two hubs know nothing of each other's.
    var hasLeases: Bool { !classes.contains(.rollback) && !classes.contains(.standIn) && hubCount == 1 }
    /// The limits of a hub that has all the room that it wants.
    var limitsWithRoom: SyncLimits {
        var limits = limits
        limits.quotaBytes = nil
        return limits
    }
    /// How many addresses of its hub a device has.
    var addressCount: Int { classes.contains(.standIn) ? 2 : 1 }
    /// Every so many events have a note; packed blocks with notes do not travel.
    var eventsBetweenNotes: Int { classes.contains(.blocks) ? 60 : 10 }

    /// - Parameters:
    ///   - without: classes that are left out, whatever the seed drew.
    ///   - only: the numbers of the operations that are done; nil for all.
    package init(seed: UInt64, without: Set<FaultClass> = [], only: Set<Int>? = nil) {
        self.seed = seed
        var random = SeededRandom(seed: seed ^ 0x5717_C0DE_0000_0001)
        // Streams of their own, so that what one concern draws changes nothing for the others.
        var (shape, faults) = (random.fork(), random.fork())
        let work = random.fork()
        var features = random.fork()
        var room = random.fork()
        hubCount = shape.chance(1, in: 8) ? 2 : 1
        let count = hubCount == 2 ? 4 : 2 + min(shape.below(7), shape.below(7))
        var wanted = Self.features(&features)
        if room.chance(1, in: 5) { wanted.insert(.quota) }
        wanted.subtract(without)
        devices = Self.devices(count, hubCount, wanted, &shape, &features)
        (pushEvents, pullEvents) = wanted.contains(.blocks) ? (10 + features.below(80), 10 + features.below(80)) : (12, 20)
        limits = Self.limits(&shape)
        let (quota, retry) = (UInt64(1_500 + room.below(15_000)), 1_000 + room.next() % 10_000)
        if wanted.contains(.quota) { (limits.quotaBytes, limits.quotaRetryMilliseconds) = (quota, retry) }
        safetyMilliseconds = 20_000 + shape.next() % 50_000
        criticalPerMille = [0, 30, 120, 400][shape.below(4)]
        recordCount = 1 + shape.below(5)
        classes = Self.classes(&faults, hubCount)
        let (isCalm, hasTwins) = (classes.isDisjoint(with: FaultClass.disasters), !classes.isDisjoint(with: [.clone, .restore]))
        classes.formUnion(wanted.filter { ($0 != .standIn || isCalm && hubCount == 1) && ($0 != .mending || hasTwins) })
        drawRates(&faults)
        var draft = OperationDraft(plan: self, random: work)
        draft.drawEverydayLife()
        draft.drawFaults()
        operations = draft.operations.filter { operation in
            !(operation.faultClass.map(without.contains) ?? false) && only?.contains(operation.number) ?? true
        }
        leaveOut(without)
    }

    /// What is drawn besides what goes wrong, from a stream of its own: worlds that leave it out are as they were before there was any.
    private static func features(_ random: inout SeededRandom) -> Set<FaultClass> {
        let chances = [(FaultClass.blocks, 2), (.json, 3), (.standIn, 5), (.mending, 2)]
        return Set(chances.filter { random.chance(1, in: $0.1) }.map(\.0))
    }

    private static func devices(
        _ count: Int, _ hubs: Int, _ wanted: Set<FaultClass>, _ random: inout SeededRandom, _ features: inout SeededRandom
    ) -> [Device] {
        let hasSmallSegments = random.chance(1, in: 2)
        // A few events: a block of many is hardly ever one that travels as it lies.
        let blockBytes = 500 + features.below(1500)
        return (0..<count).map { number in
            let role: Role = number < 2 ? .master : random.chance(1, in: 6) && count > 3 ? .reader : .client
            let speaksJSON = features.chance(1, in: 2) && wanted.contains(.json)
            return Device(
                hub: number % hubs, role: role, driftPerMille: random.below(81) - 40, offsetMilliseconds: random.next() % 1_000_000,
                joinsLate: number >= 2 && random.chance(1, in: 5),
                segmentLimitBytes: wanted.contains(.blocks) ? blockBytes : hasSmallSegments ? 6000 : 64 * 1024 * 1024,
                priority: random.below(3), speaks: speaksJSON ? .json : wanted.contains(.blocks) ? .blocks : .events)
        }
    }

    private static func limits(_ random: inout SeededRandom) -> SyncLimits {
        var limits = SyncLimits()
        if random.chance(1, in: 3) { limits.tokenMilliseconds = 25_000 + random.next() % 30_000 }
        if random.chance(1, in: 3) { limits.queuedMessages = 4 + random.below(12) }
        if random.chance(1, in: 3) { limits.events = 3 + random.below(20) }
        if random.chance(1, in: 4) { limits.messageBytes = 1_250 + random.below(400) }
        if random.chance(1, in: 6) { (limits.callsPerSecond, limits.callsAtOnce) = (2, 3 + random.below(4)) }
        return limits
    }

    private static func classes(_ random: inout SeededRandom, _ hubs: Int) -> Set<FaultClass> {
        guard !random.chance(1, in: 12) else { return [] }
        let part = 1 + random.below(3)
        var classes = Set(FaultClass.allCases.filter { !FaultClass.features.contains($0) && random.chance(part, in: 4) })
        let disaster = FaultClass.disasters[random.below(FaultClass.disasters.count)]
        let hasDisaster = random.chance(2, in: 5) && hubs == 1
        for other in FaultClass.disasters where other != disaster || !hasDisaster { classes.remove(other) }
        if hasDisaster {
            classes.insert(disaster)
            // A store that was handed one history of a device that has two by hand cannot take the other.
            classes.remove(.carrying)
        }
        if hubs == 2 { classes.formUnion([.carrying]) }
        return classes
    }

    private mutating func drawRates(_ random: inout SeededRandom) {
        rates.loss = 20 + random.below(200)
        rates.delay = 20 + random.below(200)
        rates.duplicates = 20 + random.below(300)
        rates.cuts = 10 + random.below(100)
        rates.halfOpen = 100 + random.below(900)
        rates.slowReaders = 100 + random.below(800)
        leaveOut(Set(FaultClass.allCases).subtracting(classes))
    }

    private mutating func leaveOut(_ left: Set<FaultClass>) {
        classes.subtract(left)
        if !classes.contains(.loss) { rates.loss = 0 }
        if !classes.contains(.delay) { rates.delay = 0 }
        if !classes.contains(.duplicates) { rates.duplicates = 0 }
        if !classes.contains(.cuts) { rates.cuts = 0 }
        if !classes.contains(.halfOpen) { rates.halfOpen = 0 }
        if !classes.contains(.slowReaders) { rates.slowReaders = 0 }
    }
}
