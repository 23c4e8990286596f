import EventCore
import SyncCore
import Workload

/// A hub and devices in one process: seeded, with a virtual clock, a network that loses, repeats and delays, disks that take their time, and power that fails. What must hold at any
/// moment is checked as it happens.
final class SyncWorld {
    struct Violation: Error, CustomStringConvertible { let description: String }

    struct Options {
        var devices = 4
        var hasPoison = false
        var hubGoesBack = false
    }

    let seed: UInt64
    let options: Options
    var random: SeededRandom
    var time: UInt64 = 0
    /// Whether things go wrong.
    var isFaulty = true
    var devices: [SimulatedDevice] = []
    private(set) lazy var hub = SimulatedHub(self)
    private var queue: [(at: UInt64, number: UInt64, what: () throws -> Void)] = []
    private var scheduled: UInt64 = 0
    var nextConnection: UInt64 = 0
    var nextRequest: UInt64 = 0
    var nextSecret: UInt64 = 10_000
    /// Who was seen to lead under an epoch.
    var leaders: [UInt64: DeviceID] = [:]
    var poison: Set<Dot> = []
    /// How often a critical event was sent to a device, or came to it by pull.
    var critical: [Dot: Set<DeviceID>] = [:]

    init(seed: UInt64, options: Options = Options()) throws {
        (self.seed, self.options) = (seed, options)
        random = SeededRandom(seed: seed)
        for number in 1...UInt64(options.devices) {
            let role: Role = number <= 2 ? .master : number == 3 && options.devices > 3 ? .reader : .client
            devices.append(try SimulatedDevice(number, role, self))
        }
    }

    func fail(_ what: String) -> Violation { Violation(description: "seed \(seed), at \(time) ms: \(what)") }

    // MARK: - Time

    func after(_ delay: UInt64, _ what: @escaping () throws -> Void) {
        scheduled += 1
        queue.append((time + delay, scheduled, what))
    }

    /// Lives until nothing is left to do, or that time.
    func run(until end: UInt64) throws {
        var steps = 0
        while let next = queue.indices.min(by: { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) }),
            queue[next].at <= end
        {
            let event = queue.remove(at: next)
            // A wake-up that is asked for again and again, and does nothing, would never let time go on.
            steps = event.at > time ? 0 : steps + 1
            guard steps < 10_000 else { throw fail("nothing but wake-ups, and time stands still") }
            time = max(time, event.at)
            try event.what()
            try checkLeases()
        }
        time = end
    }

    // MARK: - The network

    func chance(_ part: Int, in whole: Int) -> Bool { isFaulty && random.chance(part, in: whole) }

    /// A message's way: nil when it is lost.
    var delay: UInt64? { chance(1, in: 12) ? nil : 1 + random.next() % (chance(1, in: 8) ? 3_000 : 40) }

    // MARK: - What always holds

    private func checkLeases() throws {
        // A hub that has forgotten epochs may grant them once more.
        guard !hub.wasRolledBack else { return }
        var holders: [DeviceID] = []
        for device in devices {
            let epoch = device.session.leaseEpoch(now: device.now)
            guard epoch > 0 else { continue }
            holders.append(device.id)
            if let other = leaders[epoch], other != device.id { throw fail("\(other) and \(device.id) had epoch \(epoch)") }
            guard epoch >= leaders.keys.max() ?? 0 else { throw fail("\(device.id) leads under \(epoch), which is over") }
            leaders[epoch] = device.id
        }
        guard holders.count <= 1 else { throw fail("\(holders) believe in a lease at once") }
    }
}
