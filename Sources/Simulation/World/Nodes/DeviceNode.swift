internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// A device of the world: its machine, what it must hold, and the process that runs on it, if one does.
final class DeviceNode: Node {
    unowned let world: World
    let number: Int
    let plan: WorldPlan.Device
    /// Another one after mending.
    private(set) var id: DeviceID
    /// The identities that it gave up.
    private(set) var former: [DeviceID] = []
    /// The store's.
    private(set) var folder = Machine.folder
    let machine: Machine
    let hub: HubNode
    let line: Line
    let options: LogOptions
    /// The device's key and its token, which lie beside the store.
    var key: [UInt8] { Self.key(of: id) }
    var token: Secret?
    var process: DeviceProcess?
    var ledger: Ledger
    var cursorWatch: CursorWatch
    var clockWatch: ClockWatch
    /// Events of others that its store refused, for they build on its twin's.
    var refused: Set<Dot> = []
    /// How often its hub had been put back when its cursor was saved.
    var knownRollbacks = 0
    /// Somebody wanted it to be revoked.
    var mayBeRevoked = false
    /// Whether it began as another device's copy.
    private(set) var isTwin = false
    /// Switched off for good.
    private(set) var isRetired = false
    private var copies: DiskState?
    /// How often it was begun to mend it.
    private(set) var mendings = 0
    private var starts = 0

    init(_ world: World, _ number: Int, _ plan: WorldPlan.Device, _ id: DeviceID, _ hub: HubNode, _ random: inout SeededRandom) throws {
        (self.world, self.number, self.plan, self.id, self.hub) = (world, number, plan, id, hub)
        machine = try Machine(
            world, random.fork(), driftPerMille: plan.driftPerMille, offsetMilliseconds: plan.offsetMilliseconds)
        line = Line(world, random.fork())
        options = LogOptions(segmentLimitBytes: plan.segmentLimitBytes, roomBytes: 2048...8192)
        ledger = Ledger("device \(number)")
        cursorWatch = CursorWatch("device \(number)")
        clockWatch = ClockWatch("device \(number)")
    }

    var longestRestMilliseconds: Int { 8_000 }
    var isEnrolled: Bool { token != nil }
    var name: String { "d\(number)" }
    var syncFolder: String { folder + "/sync" }

    static func key(of id: DeviceID) -> [UInt8] { id.bytes + id.bytes }

    // MARK: - Living

    /// Makes the empty store; nothing fails yet.
    func create() throws {
        try makeStore(in: folder, id).close()
    }

    private func makeStore(in folder: String, _ id: DeviceID) throws -> Replica<FaultyVolume> {
        let store = try Replica.create(
            in: folder, on: machine.volume, device: id, name: name, storeID: StoreID(high: id.high, low: UInt64(number)),
            options: options)
        try machine.volume.createFolder(folder + "/sync")
        try machine.volume.syncFolder(folder)
        return store
    }

    /// Begins to mend the store, with an empty one under another identity beside it.
    func begin(_ id: DeviceID) throws -> Replica<FaultyVolume> {
        mendings += 1
        return try makeStore(in: "\(Machine.folder)-\(mendings)", id)
    }

    /// Goes on with the store that was begun last.
    func become(_ id: DeviceID, _ token: Secret) {
        world.note("\(name) goes on as \(id)")
        former.append(self.id)
        (self.id, self.token, folder, isTwin) = (id, token, "\(Machine.folder)-\(mendings)", false)
        (ledger, clockWatch, refused, knownRollbacks) = (Ledger(ledger.place), ClockWatch(ledger.place), [], hub.rollbacks)
        cursorWatch.forget()
    }

    /// Becomes a copy of another device's folder and of its key.
    func become(copyOf other: DeviceNode) {
        isTwin = true
        machine.put(back: other.machine.copy)
        (ledger, token, knownRollbacks, folder) = (other.ledger, other.token, other.knownRollbacks, other.folder)
        clockWatch = other.clockWatch
    }

    /// Whether its hub does not know it any more: a person has to let it in anew.
    var isForgotten: Bool {
        guard hub.rollbacks > 0, case .blocked(.notEnrolled) = process?.status?.state else { return false }
        return true
    }

    /// Enrols at the hub; at that moment nothing goes wrong between them.
    func enrol() throws {
        guard let process = hub.process else { return world.after(700) { [self] in try enrol() } }
        let code = world.secret()
        try process.call(.invite(code: code, plan.role, lifetimeMilliseconds: nil)) { _, _ in }
        let running = self.process?.replica
        let chain = try running.map { try OwnChain.head(of: $0, upTo: $0.versionVector[id], from: nil) } ?? ChainHead(emptyChainOf: id)
        let enrolment = Enrolment(device: id, code: code, name: name, publicKey: key, chain: chain)
        try process.call(.enrol(enrolment, random: world.secret())) { [self] reply, _ in
            guard case .enrolled(_, _, let token, _) = reply else {
                throw Violation(.nothingFailsAlone, "\(name) was not enrolled: \(reply)")
            }
            self.token = token
            if let running = self.process { try running.step(.start) } else { try start() }
        }
        // The hub's disk refused: once more with another code.
        if token == nil && hub.process == nil { world.after(700) { [self] in try enrol() } }
    }

    func start() throws {
        guard process == nil, !isRetired, token != nil else { return }
        starts += 1
        machine.fillAgain()
        let opened: DeviceProcess
        do throws(ReplicaError) { opened = try DeviceProcess(self) } catch {
            guard machine.isStruck else { throw Violation(.acknowledgedIsPresent, "\(name) does not open: \(error)") }
            world.reach(.fallAtOpening)
            return try fall(machine.fallWhenStruck)
        }
        world.note("\(name) is up, with \(opened.replica.end.index)")
        process = opened
        try recovered(opened.replica)
        try opened.begin()
    }

    /// Holds what an opening found to the ledger.
    private func recovered(_ replica: Replica<FaultyVolume>) throws {
        let (events, waiting) = try machine.volume.undisturbed { (try replica.allEvents(), replica.waitingEvents) }
        for event in events + waiting {
            // What it wrote just before it fell may be there, though nobody was told.
            if event.dot.device == id && event.dot.seq > ledger.lastSeq(of: id) && !world.registry.isKnown(event.dot) {
                try world.registry.see(event, at: name)
            } else {
                try world.registry.recognize(event, at: name)
            }
        }
        try ledger.recover(events.map(\.dot), waiting: waiting.map(\.dot), world.registry)
        clockWatch.restart(events.last { $0.dot.device == id }?.time)
        if replica.recovery.tornTail != nil { world.reach(.tornTail) }
        if !replica.recovery.unacknowledged.isEmpty { world.reach(.unacknowledgedKept) }
        if replica.foldedAtOpening < replica.end.index { world.reach(.checkpointUsed) }
    }

    /// Switched off for good.
    func retire() {
        isRetired = true
        end(.kill)
    }

    // MARK: - Copies

    func makeCopy() { if process != nil { copies = machine.copy } }

    /// Its folder is put back as it was when the copy was made.
    func putBack() throws {
        guard let copy = copies else { return }
        world.note("\(name) is put back")
        world.registry.allowForks(of: id)
        end(.kill)
        mendings += 1
        machine.put(back: copy)
        // What it once had is nobody's promise any more.
        ledger = Ledger("device \(number)")
        cursorWatch.forget()
        world.after(50) { [self] in try start() }
    }
}
