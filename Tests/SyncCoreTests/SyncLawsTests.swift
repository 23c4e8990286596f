import EventCore
import SyncCore
import Testing
import Workload

/// Devices and a hub through everything that goes wrong, and the quiet after it. What must hold at any moment is checked in the world itself: nothing is acknowledged before it is durable, no
/// rejected event ever; a cursor is never ahead of what is durable; an epoch has one master, and no two devices lead at once, with clocks that run at other rates.
struct SyncLawsTests {
    private static let seeds = Array(1...24 as ClosedRange<UInt64>)
    private static let faultyMilliseconds: UInt64 = 90_000
    private static let quietMilliseconds: UInt64 = 260_000

    private static func live(_ seed: UInt64, _ options: SyncWorld.Options) throws -> SyncWorld {
        let world = try SyncWorld(seed: seed, options: options)
        world.after(50) { for device in world.devices { try device.step(.start) } }
        let writers = world.devices.filter { $0.role != .reader }
        for _ in 0..<60 {
            world.after(100 + world.random.next() % faultyMilliseconds) {
                let writer = writers[world.random.below(writers.count)]
                let epoch = writer.session.leaseEpoch(now: writer.now)
                _ = try writer.write("r\(world.random.below(4))", epoch: epoch, isCritical: world.random.chance(1, in: 6))
            }
        }
        if options.hasPoison {
            world.after(faultyMilliseconds / 3) {
                world.poison.insert(try writers[writers.count - 1].write("r0", epoch: 1 << 40, isCritical: false).dot)
            }
        }
        for _ in 0..<4 {
            world.after(world.random.next() % faultyMilliseconds) { try world.devices[world.random.below(world.devices.count)].crash() }
            // Not before everybody is enrolled.
            world.after(3_000 + world.random.next() % (faultyMilliseconds - 3_000)) { try world.hub.crash() }
        }
        if options.hubGoesBack {
            world.after(faultyMilliseconds / 3) { world.hub.makeBackup() }
            world.after(faultyMilliseconds * 2 / 3) { try world.hub.goBack() }
        }
        try world.run(until: faultyMilliseconds)
        world.isFaulty = false
        try world.run(until: faultyMilliseconds + quietMilliseconds)
        return world
    }

    /// What is the same everywhere in the end.
    private static func check(_ world: SyncWorld, _ devices: [SimulatedDevice]) {
        let seed = world.seed
        let dots = world.hub.disk.events.map(\.dot)
        #expect(Set(dots).count == dots.count, "seed \(seed): an event is in the log twice")
        for device in devices {
            let other = Set(device.store.events).symmetricDifference(world.hub.disk.events).map(\.dot).sorted()
            #expect(other.isEmpty, "seed \(seed): the hub and \(device.id) differ in these")
            #expect(device.store.waiting.isEmpty, "seed \(seed): \(device.id)")
            #expect(device.status?.state == .connected, "seed \(seed): \(device.id) is \(String(describing: device.status))")
            #expect(device.status?.pending == 0, "seed \(seed): \(device.id)")
        }
    }

    @Test(arguments: seeds) func `when faults stop, all have the same events, and critical ones are known to be everywhere`(seed: UInt64)
        throws
    {
        let world = try Self.live(seed, .init())
        Self.check(world, world.devices)
        #expect(world.hub.disk.parked.isEmpty, "seed \(seed)")
        #expect(world.hub.core.state.openCritical.isEmpty, "seed \(seed)")
        for event in world.hub.disk.events where event.isCritical {
            let others = Set(world.devices.map(\.id)).subtracting([event.dot.device])
            #expect(others.isSubset(of: world.critical[event.dot] ?? []), "seed \(seed), \(event.dot)")
        }
        #expect(!world.leaders.isEmpty && world.hub.core.state.epoch >= world.leaders.keys.max() ?? 0, "seed \(seed)")
        #expect(HubState(world.hub.journal) == world.hub.core.state, "seed \(seed)")
    }

    @Test(arguments: seeds.prefix(12)) func `a rejected event stops its own device's later ones and nothing else`(seed: UInt64) throws {
        let world = try Self.live(seed, .init(hasPoison: true))
        let poisoned = try #require(world.poison.first)
        let others = world.devices.filter { $0.id != poisoned.device }
        Self.check(world, others)
        #expect(world.hub.disk.applied[poisoned.device] == poisoned.seq - 1, "seed \(seed)")
        let device = try #require(world.devices.first { $0.id == poisoned.device })
        #expect(
            device.status?.state == .blocked(.rejected(poisoned, .epochNeverGranted)), "seed \(seed): \(String(describing: device.status))")
        #expect(device.store.events.count { $0.dot.device != device.id } == world.hub.disk.events.count { $0.dot.device != device.id })
        let later = device.store.events.filter { $0.dot.device == device.id && $0.dot.seq > poisoned.seq }
        #expect(Set(world.hub.disk.parked.keys) == Set(later.map(\.dot)), "seed \(seed)")
    }

    @Test(arguments: seeds.prefix(12)) func `a hub that was put back gets everything again, and nothing is wiped`(seed: UInt64) throws {
        let world = try Self.live(seed, .init(hubGoesBack: true))
        Self.check(world, world.devices)
        #expect(world.hub.disk.parked.isEmpty, "seed \(seed)")
        // What was written under epochs that it has forgotten is there, too.
        #expect(HubState(world.hub.journal) == world.hub.core.state, "seed \(seed)")
    }

    @Test func `a seed lives the same life`() throws {
        let lives = try (0..<2).map { _ in try Self.live(5, .init()) }
        #expect(lives[0].hub.disk.events == lives[1].hub.disk.events && lives[0].hub.journal == lives[1].hub.journal)
        #expect(lives[0].nextRequest == lives[1].nextRequest)
    }
}
