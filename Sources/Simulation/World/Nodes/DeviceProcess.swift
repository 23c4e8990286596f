internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// The program that runs on a device: its store, open, and its session. What it does with effects is what `SyncClient` does, over the world's network and disk.
final class DeviceProcess: NodeProcess {
    unowned let world: World
    let node: DeviceNode
    let replica: Replica<FaultyVolume>
    private(set) var session: DeviceSession
    var progress: SyncProgress
    private(set) var status: SyncStatus?
    private(set) var isAlive = true
    private var socket: Socket?
    /// Where the hub was looked for last, of the addresses that it may have.
    private(set) var address = 0
    /// The page that is to be taken in, or was taken in last.
    var page: Page?
    /// Events of deliveries.
    private var deliveries: [DeliveryID: Event] = [:]
    private var wakes = 0
    private var random: SeededRandom

    /// Opens the store.
    init(_ node: DeviceNode) throws(ReplicaError) {
        (world, self.node) = (node.world, node)
        replica = try Replica.open(in: node.folder, on: node.machine.volume, access: .writing, options: node.options)
        do throws(VolumeError) { progress = try SyncProgress.read(in: node.syncFolder, on: node.machine.volume) } catch {
            throw .log(.volume(error))
        }
        random = node.machine.fork()
        var options = DeviceSession.Options(device: node.id, name: node.name, role: node.plan.role)
        options.canLead = node.plan.role == .master && node.world.plan.hasLeases
        options.priority = node.plan.priority
        (options.pushEvents, options.pullEvents) = (node.world.plan.pushEvents, node.world.plan.pullEvents)
        options.hubs = node.world.plan.addressCount
        session = DeviceSession(
            options, cursor: Hexadecimal.bytes(progress.cursor.utf8).flatMap { $0.isEmpty ? nil : $0 },
            acknowledged: progress.ackedThrough[node.id], lastSyncWall: progress.lastSync)
    }

    var now: ClockReading { node.machine.reading }
    var leaseEpoch: UInt64 { session.leaseEpoch(now: now) }

    func begin() throws {
        try step(.wrote(replica.localLog))
        try step(.start)
    }

    /// It is gone; `powerLoss` tells nobody.
    func end(_ fall: Fall) {
        isAlive = false
        if fall == .powerLoss { socket?.vanishAtDevice() } else { socket?.closeAtDevice() }
        socket = nil
    }

    /// Closes the store; false when the disk refused.
    func close() throws -> Bool {
        guard try onDisk({ () throws(ReplicaError) in try replica.close() }) != nil else { return false }
        end(.kill)
        return true
    }

    func step(_ input: DeviceInput) throws {
        guard isAlive else { return }
        try perform(session.step(input, now: now, random: random.next()))
    }

    // MARK: - The disk

    /// Does something with the store; when the disk refuses, and only then, the process ends, and nil comes back.
    func onDisk<Value>(_ body: () throws(ReplicaError) -> Value) throws -> Value? {
        let failure: ReplicaError
        do throws(ReplicaError) { return try body() } catch { failure = error }
        guard node.machine.isStruck, case .log = failure else {
            throw Violation(.nothingFailsAlone, "\(node.name): \(failure)")
        }
        try node.fallStruck()
        return nil
    }

    private func save() throws {
        let (folder, volume) = (node.syncFolder, node.machine.volume)
        do throws(VolumeError) { try volume.replaceSharedFile(folder + SyncProgress.fileName, in: folder, with: progress.json) } catch {
            guard node.machine.isStruck else { throw Violation(.nothingFailsAlone, "\(node.name): \(error)") }
            try node.fallStruck()
        }
    }

    /// Enters in the ledger what the log has got.
    func enter() throws {
        var dots: [Dot] = []
        try node.machine.volume.undisturbed {
            try replica.dots(from: Position(UInt64(node.ledger.count))) { _, dot in dots.append(dot) }
        }
        try node.ledger.append(dots, world.registry)
        node.ledger.acknowledge()
        if replica.segmentCount > 1 { world.reach(.sealed) }
    }

    // MARK: - Effects

    private func perform(_ effects: [DeviceEffect]) throws {
        for effect in effects where isAlive {
            switch effect {
            case .open(let attempt, let hub, let isRenewing):
                address = hub
                if hub == node.hub.address && hub > 0 { world.reach(.otherAddress) }
                try signIn(attempt, isRenewing)
            case .send(_, let message): socket?.sendUp(message)
            case .push(let attempt, let order): try push(attempt, order)
            case .pull(let attempt, let cursor, let limit, let asEvents):
                pull(attempt, cursor, limit, asEvents && node.plan.speaks == .blocks ? .events : node.plan.speaks)
            case .takeIn(let attempt): soon { [self] in try takeInPage(attempt) }
            case .takeInCritical(let attempt, let delivery): soon { [self] in try takeIn(delivery, attempt) }
            case .saveCursor(let bytes): try save(cursor: bytes)
            case .close:
                socket?.closeAtDevice()
                socket = nil
            case .wake(let time): wake(at: time)
            case .show(let status): try show(status)
            }
        }
    }

    /// After a moment, if it still lives then.
    private func soon(_ act: @escaping () throws -> Void) {
        world.after(1 + random.next() % 20) { [self] in if isAlive { try act() } }
    }

    private func wake(at milliseconds: UInt64) {
        wakes += 1
        let wake = wakes
        world.after(node.machine.delay(until: milliseconds)) { [self] in if wake == wakes { try step(.tick) } }
    }

    private func save(cursor bytes: [UInt8]?) throws {
        progress.cursor = bytes.map(Hexadecimal.text) ?? ""
        try save()
        guard isAlive else { return }
        let (now, given) = (node.hub.rollbacks, bytes == nil ? node.hub.rollbacks : page?.rollbacks ?? 0)
        try node.cursorWatch.saved(
            bytes, mayGoBack: node.knownRollbacks < given, order: given == now ? node.hub.ledger.order : nil,
            isThere: { [node] in node.ledger.holds($0) || node.refused.contains($0) })
        if bytes == nil { world.reach(.hubWasPutBack) } else { node.knownRollbacks = given }
    }

    private func show(_ status: SyncStatus) throws {
        self.status = status
        world.note("\(node.name) \(status.state)")
        progress.lastSync = status.lastSyncWall ?? progress.lastSync
        progress.head = status.head?.index ?? progress.head
        if case .blocked(.fork) = status.state { world.reach(.fork) }
        if case .blocked(.revoked) = status.state { world.reach(.revoked) }
        if status.warnings.contains(where: { if case .writtenElsewhere = $0 { true } else { false } }) { world.reach(.writtenElsewhere) }
        try save()
    }

    // MARK: - Taking in

    private func takeIn(_ delivery: DeliveryID, _ attempt: UInt64) throws {
        guard let event = deliveries.removeValue(forKey: delivery) else {
            return try step(.tookInCritical(attempt: attempt, delivery, .later))
        }
        guard let taken = try takeIn([event]) else { return }
        try step(.wrote(taken.log))
        try step(.tookInCritical(attempt: attempt, delivery, taken.refused.isEmpty && taken.forked.isEmpty ? .done : .refused))
    }

    // MARK: - The socket

    func opened(_ socket: Socket, attempt: UInt64) throws {
        self.socket = socket
        try step(.opened(attempt: attempt))
    }

    func receive(_ message: HubMessage, _ event: Event?, attempt: UInt64) throws {
        if case .criticalEvent(let delivery) = message {
            if delivery.includesEvent { deliveries[delivery.id] = event } else { world.reach(.criticalByPull) }
        }
        try step(.received(attempt: attempt, message))
    }

    func closed(attempt: UInt64, _ failure: Failure) throws { try step(.closed(attempt: attempt, failure)) }

    /// What the session asks for next, drawn from this process's own numbers.
    func number(below bound: Int) -> Int { random.below(bound) }

    func cutSocket() { socket?.cut() }
}
