internal import EventCore
internal import HubStore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// A hub of the world: its machine, what it must hold, and the process that runs on it, if one does.
final class HubNode: Node {
    unowned let world: World
    let number: Int
    private(set) var machine: Machine
    var process: HubProcess?
    /// At which of its addresses it listens: another one when another machine has taken its place.
    private(set) var address = 0
    private(set) var workspace = WorkspaceID(bytes: [UInt8](repeating: 0, count: 16))
    var ledger: Ledger
    var critical = CriticalWatch()
    var leases = LeaseWatch()
    var lastMaster: DeviceID?
    /// What some device was told that the hub has.
    private var told: [DeviceID: UInt64] = [:]
    /// How often its folder was put back.
    private(set) var rollbacks = 0
    private var backup: (state: DiskState, ledger: Ledger)?
    let segmentLimitBytes: Int

    init(_ world: World, _ number: Int, segmentLimitBytes: Int, _ random: inout SeededRandom) throws {
        (self.world, self.number, self.segmentLimitBytes) = (world, number, segmentLimitBytes)
        machine = try Machine(world, random.fork(), driftPerMille: 0, offsetMilliseconds: 1_000)
        ledger = Ledger("hub \(number)")
        try machine.volume.createFolder(Machine.folder)
    }

    var longestRestMilliseconds: Int { 6_000 }
    var name: String { "h\(number)" }
    var limits: SyncLimits { world.isFaulty ? world.plan.limits : world.plan.limitsWithRoom }

    /// What listens at an address.
    func process(at address: Int) -> HubProcess? { address == self.address ? process : nil }

    // MARK: - Living

    func start() throws {
        guard process == nil else { return }
        machine.fillAgain()
        let opened: HubProcess
        do { opened = try HubProcess(self) } catch let violation as Violation { throw violation } catch {
            guard machine.isStruck else { throw Violation(.acknowledgedIsPresent, "\(name) does not open: \(error)") }
            world.reach(.fallAtOpening)
            return try fall(machine.fallWhenStruck)
        }
        world.note("\(name) is up, with \(opened.end)")
        process = opened
        workspace = opened.workspace
        try recovered(opened)
        try opened.begin()
    }

    private func recovered(_ process: HubProcess) throws {
        let (events, waiting) = try machine.volume.undisturbed { try process.everything() }
        for event in events + waiting { try world.registry.recognize(event, at: name) }
        let known = ledger.acknowledged
        try ledger.recover(events.map(\.dot), waiting: waiting.map(\.dot), world.registry)
        process.owe(min(known, ledger.count)..<ledger.count)
        try checkTold()
    }

    /// A device was told what the hub has.
    func told(_ vector: VersionVector) throws {
        for entry in vector.entries { told[entry.device] = max(told[entry.device] ?? 0, entry.seq) }
        try checkTold()
    }

    private func checkTold() throws {
        for (device, seq) in told where ledger.lastSeq(of: device) < seq {
            throw Violation(.acknowledgedIsPresent, "\(name) has told that it has \(device):\(seq), and has \(ledger.lastSeq(of: device))")
        }
    }

    // MARK: - Copies

    func makeBackup() { if process != nil { backup = (machine.copy, ledger) } }

    func rollBack() throws {
        guard let backup else { return }
        world.note("\(name) is put back from \(ledger.count) to \(backup.ledger.count)")
        end(.kill)
        goOn(with: backup)
    }

    /// Its machine is gone for good; another one, at another address and with a clock of its own, takes its place with the copy that it has.
    func standIn() throws {
        guard let backup else { return }
        world.note("\(name) is lost with \(ledger.count) events, and stood in for with \(backup.ledger.count)")
        world.reach(.standIn)
        end(.powerLoss)
        machine = try Machine(world, machine.fork(), driftPerMille: 0, offsetMilliseconds: 500_000)
        address = 1 - address
        goOn(with: backup)
    }

    private func goOn(with backup: (state: DiskState, ledger: Ledger)) {
        rollbacks += 1
        machine.put(back: backup.state)
        (ledger, told) = (backup.ledger, [:])
        // What it has lost comes again, and is owed anew, to whom it knows then.
        critical.forget()
        world.after(50) { [self] in try start() }
    }
}
