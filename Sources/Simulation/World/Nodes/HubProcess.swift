internal import EventCore
internal import HubStore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The program that runs on a hub: its core, log and journal. What it does with effects is what `HubServer` does, over the world's network and disk.
final class HubProcess: NodeProcess {
    typealias Core = HubCore<StoreLog<FaultyVolume>, WorldCryptography>

    unowned let world: World
    let node: HubNode
    private(set) var core: Core
    private let journal: Journal<FaultyVolume>
    private(set) var isAlive = true
    private var replies: [RequestID: (form: WireForm, answer: (HubReply, WireBody) throws -> Void)] = [:]
    private var accepted: [RequestID: (ConnectionID) throws -> Void] = [:]
    private var sockets: [ConnectionID: Socket] = [:]
    private var lastRequest: UInt64 = 0
    private var wakes = 0
    /// The newest that is on disk.
    private(set) var epoch: UInt64
    /// What is to be made durable next.
    private var unsynced: (number: StoreNumber, records: [[HubRecord]], includesLog: Bool)?

    /// Opens the hub's folder, or makes what is missing in it.
    init(_ node: HubNode) throws {
        (world, self.node) = (node.world, node)
        let (volume, options) = (
            node.machine.volume, LogOptions(segmentLimitBytes: node.segmentLimitBytes, roomBytes: 2048...8192)
        )
        let log = try StoreLog.open(in: Machine.folder, on: volume, options: options) {
            node.world.secret().bytes
        }
        let state: HubState
        (journal, state) = try Journal.open(in: Machine.folder, on: volume, wall: node.machine.reading.wall) {
            WorkspaceID(bytes: Array(node.world.secret().bytes.prefix(16)))
        }
        epoch = state.epoch
        core = Core(
            workspace: journal.workspace, state: state, log: log, limits: node.limits, now: node.machine.reading)
    }

    var now: ClockReading { node.machine.reading }
    var workspace: WorkspaceID { journal.workspace }
    var end: UInt64 { core.log.end.index }

    func begin() throws {
        core.log.keepMarks()
        let effects = core.start(now: now)
        if effects.contains(where: { if case .store(_, let records, _) = $0 { records.contains(where: Self.isCritical) } else { false } }) {
            world.reach(.criticalFoundAtStart)
        }
        try perform(effects)
    }

    private static func isCritical(_ record: HubRecord) -> Bool { if case .critical = record { true } else { false } }

    /// It is gone; with a power loss nobody is told.
    func end(_ fall: Fall) {
        isAlive = false
        for (_, socket) in sockets.sorted(by: { $0.key < $1.key }) {
            if fall == .powerLoss { socket.vanishAtHub() } else { socket.closeAtHub(nil) }
        }
        (sockets, replies, accepted) = ([:], [:], [:])
    }

    func close() throws -> Bool {
        do throws(ReplicaError) { try core.log.close() } catch {
            guard node.machine.isStruck else { throw Violation(.nothingFailsAlone, "\(node.name): \(error)") }
            try node.fallStruck()
            return false
        }
        end(.kill)
        return true
    }

    /// All events of the log, and those that wait.
    func everything() throws -> (events: [Event], waiting: [Event]) {
        (try core.log.store.allEvents(), core.log.store.waitingEvents)
    }

    /// Critical events that devices have not ended, but for these devices, in order.
    func openCritical(without excluded: Set<DeviceID>) -> [(dot: Dot, missing: [DeviceID])] {
        core.state.openCritical.values.map { ($0.event.dot, $0.pending.filter { !excluded.contains($0) }) }.filter { !$0.1.isEmpty }
            .sorted { $0.0 < $1.0 }
    }

    // MARK: - Calls and sockets

    /// Asks the core.
    ///
    /// - Parameters:
    ///   - form: how a page's events are to come, if they can.
    ///   - isLie: whether the events of a push may be such as nobody wrote.
    func call(
        _ call: HubCall<PushContents>, _ form: WireForm = .events, isLie: Bool = false,
        _ answer: @escaping (HubReply, WireBody) throws -> Void
    ) throws {
        lastRequest += 1
        let request = RequestID(lastRequest)
        replies[request] = (form, answer)
        if case .push(let push, _) = call, case .events(let events) = push.batch, !isLie { try see(events) }
        try step(.call(request, call))
    }

    func open(
        _ token: Secret, _ device: DeviceProcess, _ attempt: UInt64, refused: @escaping (HubReply) throws -> Void,
        accepted: @escaping (Socket) throws -> Void
    ) throws {
        lastRequest += 1
        let request = RequestID(lastRequest)
        let connection = world.nextConnection()
        replies[request] = (.events, { reply, _ in try refused(reply) })
        self.accepted[request] = { [self] connection in
            let socket = Socket(world, connection, device.node.line, attempt: attempt, device, self)
            sockets[connection] = socket
            try accepted(socket)
        }
        try step(.socket(request, connection, token: token))
    }

    func receive(_ message: DeviceMessage, on socket: Socket) throws {
        let text = message.json
        guard let object = try? JSONValue(json: text), DeviceMessage(json: object) == message else {
            throw Violation(.nothingFailsAlone, "\(message) does not come back from its text")
        }
        try step(.received(socket.connection, message))
    }

    func sent(on connection: ConnectionID) throws { try step(.sent(connection, messages: 1)) }

    func disconnected(_ socket: Socket) throws {
        sockets[socket.connection] = nil
        try step(.disconnected(socket.connection))
    }

    /// A device hands over events: nobody else can know of its own newest ones.
    private func see(_ batch: [Event]) throws {
        for event in batch { try world.registry.recognize(event, at: node.name) }
    }

    // MARK: - Effects

    private func step(_ input: HubInput<PushContents>) throws {
        guard isAlive else { return }
        try perform(core.step(input, now: now))
    }

    private func perform(_ effects: [HubEffect]) throws {
        if effects == [.stop] {
            guard node.machine.isStruck else {
                throw Violation(.nothingFailsAlone, "\(node.name) stops: \(String(describing: core.log.failure))")
            }
            return try node.fallStruck()
        }
        for effect in effects where isAlive {
            switch effect {
            case .store(let number, let records, let includesLog): try store(number, records, includesLog)
            case .reply(let request, let reply): try self.reply(request, reply)
            case .accept(let request, let connection):
                replies[request] = nil
                try accepted.removeValue(forKey: request)?(connection)
            case .send(let connection, let message): try send(message, to: connection)
            case .close(let connection, let code):
                world.noticed(code)
                sockets.removeValue(forKey: connection)?.closeAtHub(code)
            case .wake(let time): wake(at: time)
            case .stop: break
            }
        }
    }

    /// Has it made durable after a moment, with what else is to be.
    private func store(_ number: StoreNumber, _ records: [HubRecord], _ includesLog: Bool) throws {
        if includesLog { try enter() }
        let earlier = unsynced
        unsynced = (number, (earlier?.records ?? []) + [records], includesLog || earlier?.includesLog == true)
        if earlier == nil { world.after(node.machine.pause(below: 25)) { [self] in try sync() } }
    }

    private func sync() throws {
        guard isAlive, let batch = unsynced else { return }
        unsynced = nil
        do {
            if batch.includesLog { try core.log.sync() }
            try journal.append(lists: batch.records)
        } catch {
            guard node.machine.isStruck else { throw Violation(.nothingFailsAlone, "\(node.name): \(error)") }
            return try node.fallStruck()
        }
        owe(node.ledger.acknowledged..<node.ledger.count)
        node.ledger.acknowledge()
        node.ledger.wait(core.log.store.waitingEvents.map(\.dot))
        try note(batch.records.flatMap(\.self))
        try step(.durable(batch.number))
        if isAlive { core.log.tidy() }
    }

    private func reply(_ request: RequestID, _ reply: HubReply) throws {
        accepted[request] = nil
        guard let (form, answer) = replies.removeValue(forKey: request) else { return }
        if case .pushed(let pushed) = reply { notice(pushed) }
        guard case .pulled(let pulled) = reply else { return try answer(reply, .empty) }
        let page: (PullAnswer, WireBody)
        do throws(HubLogError) { page = try self.page(pulled, form) } catch {
            guard node.machine.isStruck else {
                throw Violation(.nothingFailsAlone, "\(node.name): \(String(describing: core.log.failure))")
            }
            return try node.fallStruck()
        }
        try answer(.pulled(page.0), page.1)
    }

    /// A page with its events: as packed blocks where it begins with such a one, and those are wanted; then it may be shorter.
    private func page(_ pulled: PullAnswer, _ form: WireForm) throws(HubLogError) -> (PullAnswer, WireBody) {
        if form == .blocks {
            let run = try core.log.blocks(pulled.positions)
            if run.end > pulled.positions.lowerBound, let digest = try core.log.digest(at: run.end) {
                var answer = pulled
                answer.positions = pulled.positions.lowerBound..<run.end
                answer.cursor = Cursor(log: core.log.id, position: run.end, digest: digest)
                return (answer, WireBody(blocks: run.bytes))
            }
        }
        return (pulled, WireBody(try core.log.events(pulled.positions).map(\.event), isJSON: form == .json))
    }

    private func send(_ message: HubMessage, to connection: ConnectionID) throws {
        guard let socket = sockets[connection] else { return }
        var event: Event?
        if case .criticalEvent(let delivery) = message {
            if delivery.includesEvent { event = try? core.log.event(delivery.dot) }
            if node.critical.sent(delivery.dot, to: socket.deviceID) { world.reach(.criticalAgain) }
        }
        let text = message.json(event: event)
        guard let object = try? JSONValue(json: text), let read = HubMessage(json: object) else {
            throw Violation(.nothingFailsAlone, "\(message) does not come back from its text")
        }
        // Of the limits a device reads those that it heeds; an event that the disk does not give it goes without.
        if case .registered = message {
        } else if read != message && !node.machine.isStruck {
            throw Violation(.nothingFailsAlone, "\(message) comes back as \(read)")
        }
        socket.sendDown(read, event)
    }

    private func wake(at milliseconds: UInt64) {
        wakes += 1
        let wake = wakes
        world.after(node.machine.delay(until: milliseconds)) { [self] in if wake == wakes { try step(.tick) } }
    }

    // MARK: - Watching

    /// Enters in the ledger what the log has got.
    private func enter() throws {
        var dots: [Dot] = []
        try node.machine.volume.undisturbed {
            try core.log.store.dots(from: Position(UInt64(node.ledger.count))) { _, dot in dots.append(dot) }
        }
        world.note("\(node.name) has \(dots)")
        try node.ledger.append(dots, world.registry)
        if core.log.store.waitingCount > 0 { world.reach(.eventParked) }
    }

    /// Takes note of whom critical events among those at these positions are owed to.
    func owe(_ positions: Range<Int>) {
        for position in positions {
            let dot = node.ledger.order[position]
            let event = node.machine.volume.undisturbed { try? core.log.event(dot) }
            guard event?.isCritical == true else { continue }
            let devices = core.state.devices.values.filter {
                $0.revokedAt == nil && $0.id != dot.device && $0.formerly != dot.device && $0.enrolledAt.index <= position
            }
            node.critical.accepted(dot, owedTo: devices.map(\.id))
        }
    }

    private func note(_ records: [HubRecord]) throws {
        for record in records { try note(record) }
        if records.contains(where: { if case .vouched = $0 { true } else { false } }) { world.reach(.vouched) }
    }

    private func note(_ record: HubRecord) throws {
        switch record {
        case .epochsForgotten(let count, _):
            epoch += count
            world.note("\(node.name) passes over \(count) epochs")
            world.reach(.epochsPassedOver)
            node.leases.passedOver()
        case .epochGranted(let device):
            epoch += 1
            world.note("\(node.name) grants \(epoch) to \(device)")
            try node.leases.granted(epoch, to: device)
            if let last = node.lastMaster, last != device { world.reach(.failover) }
            node.lastMaster = device
        default: break
        }
    }

    private func notice(_ answer: PushAnswer) {
        for run in answer.runs {
            switch run.verdict {
            case .concurrent: world.reach(.concurrent)
            case .rejected(let code): world.noticed(code)
            default: break
            }
        }
    }
}
