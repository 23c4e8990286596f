internal import EventCore
internal import SyncCore
internal import Workload

/// Devices and hubs in one process, over virtual time, a faulty network and faulty disks: first everything goes wrong that the seed drew, then nothing more, and no new
/// write, until all is at rest.
///
/// They are the product's own: `DeviceSession`, `Replica`, `HubCore`, `StoreLog`, `Journal`. What must hold is checked as it happens, and in the end.
package final class World {
    package let plan: WorldPlan
    /// Milliseconds since the world began.
    private(set) var time: UInt64 = 0
    /// Whether things still go wrong.
    private(set) var isFaulty = true
    private(set) var devices: [DeviceNode] = []
    private(set) var hubs: [HubNode] = []
    var registry = Registry()
    package private(set) var trace: Trace
    package private(set) var reached: [Situation: Int] = [:]
    let liar: Liar
    private var schedule = Schedule()
    private var secrets: SeededRandom
    private var ids: SeededRandom
    private var connections: UInt64 = 0
    /// So often did something happen while time stood still.
    private var stillSteps = 0

    package init(_ plan: WorldPlan, keepsTrace: Bool = false) throws {
        self.plan = plan
        trace = Trace(keepsLines: keepsTrace)
        var random = SeededRandom(seed: plan.seed ^ 0x3B0D_1E5A_9C2F_0002)
        (secrets, ids) = (random.fork(), random.fork())
        liar = Liar(DeviceID(high: ids.next(), low: ids.next()), random.fork())
        for number in 0..<plan.hubCount {
            hubs.append(try HubNode(self, number, segmentLimitBytes: plan.devices[0].segmentLimitBytes, &random))
        }
        for (number, device) in plan.devices.enumerated() {
            let id = DeviceID(high: ids.next(), low: ids.next())
            devices.append(try DeviceNode(self, number, device, id, hubs[device.hub], &random))
        }
    }

    var rates: WorldPlan.Rates { isFaulty ? plan.rates : WorldPlan.Rates() }

    // MARK: - Living

    /// Lives through the plan.
    ///
    /// - Throws: `Violation`.
    package func run() throws {
        for hub in hubs { try hub.start() }
        for device in devices {
            try device.create()
            if !device.plan.joinsLate { try device.enrol() }
        }
        for operation in plan.operations { at(operation.at) { [self] in try perform(operation) } }
        try live(until: plan.safetyMilliseconds)
        try end()
    }

    /// Lets things happen until that time.
    func live(until end: UInt64) throws {
        while let next = schedule.next, next <= end, let entry = schedule.pop() {
            stillSteps = entry.at > time ? 0 : stillSteps + 1
            guard stillSteps < 10_000 else { throw Violation(.converges, "time stands still at \(time)") }
            time = max(time, entry.at)
            try entry.act()
            try checkLeases()
        }
        time = max(time, end)
    }

    private func checkLeases() throws {
        guard plan.hasLeases else { return }
        var holders: [(DeviceID, UInt64)] = []
        for device in devices where !device.isTwin {
            guard let epoch = device.process?.leaseEpoch, epoch > 0 else { continue }
            holders.append((device.id, epoch))
        }
        if !holders.isEmpty { try hubs[0].leases.look(holders) }
    }

    /// From now on nothing goes wrong, and nobody writes.
    func stopFaults() throws {
        note("quiet")
        isFaulty = false
        // Whoever comes now comes to a hub that has more room.
        for hub in hubs where plan.classes.contains(.quota) {
            hub.machine.heal()
            try hub.restart()
        }
        for device in devices {
            device.machine.heal()
            device.line.heal()
            if device.isTwin { device.retire() }
            if !device.isUp && !device.isEnrolled && !device.isRetired { try device.enrol() }
        }
        for hub in hubs { hub.machine.heal() }
    }

    /// Takes the world apart: its parts hold each other.
    func dissolve() {
        schedule = Schedule()
        for device in devices { device.retire() }
        for hub in hubs { hub.end(.kill) }
    }

    // MARK: - Time and chance

    func at(_ time: UInt64, _ act: @escaping () throws -> Void) { schedule.add(at: max(self.time, time), act) }

    func after(_ milliseconds: UInt64, _ act: @escaping () throws -> Void) { schedule.add(at: time + milliseconds, act) }

    func secret() -> Secret {
        Secret(bytes: (0..<4).flatMap { _ in withUnsafeBytes(of: secrets.next().bigEndian) { Array($0) } })
    }

    /// Sockets are numbered in the order in which they are opened.
    func nextConnection() -> ConnectionID {
        connections += 1
        return ConnectionID(connections)
    }

    func newDevice() -> DeviceID { DeviceID(high: ids.next(), low: ids.next()) }

    func add(_ device: DeviceNode) { devices.append(device) }

    // MARK: - Telling

    func note(_ line: String) { trace.note("\(time) \(line)") }

    func mix(_ bytes: [UInt8]) { trace.mix(bytes) }

    func reach(_ situation: Situation) { reached[situation, default: 0] += 1 }

    /// A problem that somebody was told of.
    func noticed(_ code: ProblemCode) {
        switch code {
        case .rateLimited: reach(.rateLimited)
        case .gap: reach(.gap)
        case .cursorUnrecoverable: reach(.cursorUnrecoverable)
        case .superseded: reach(.superseded)
        case .heartbeatMissed: reach(.halfOpenSocket)
        case .signatureInvalid: reach(.signatureInvalid)
        case .contextUnclosed: reach(.contextUnclosed)
        case .epochNeverGranted: reach(.epochStolen)
        case .quotaExceeded: reach(.noRoom)
        default: break
        }
    }
}
