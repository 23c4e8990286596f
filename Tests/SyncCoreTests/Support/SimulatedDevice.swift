import EventCore
import EventSamples
import SyncCore
import Workload

/// A device's session with a store, a clock of its own and a way to the hub.
final class SimulatedDevice {
    unowned let world: SyncWorld
    let id: DeviceID
    let role: Role
    private(set) var session: DeviceSession
    /// What the disk has.
    private(set) var store: TestStore
    private(set) var cursor: [UInt8]?
    private(set) var status: SyncStatus?
    private var token: Secret?
    private var page: [Event] = []
    private var deliveries: [DeliveryID: Event] = [:]
    private var connection: ConnectionID?
    private var life = 0
    private var wakes = 0
    /// Parts of a thousand by which its clock is fast, and how far it is off.
    private let drift: Int
    private let offset: UInt64

    init(_ number: UInt64, _ role: Role, _ world: SyncWorld) throws {
        (self.world, self.role, id) = (world, role, .sample(number))
        drift = world.random.below(81) - 40
        offset = world.random.next() % 1_000_000
        store = TestStore(device: id)
        session = Self.session(id, role, nil)
        let code = world.secret()
        try world.hub.call(.invite(code: code, role, lifetimeMilliseconds: nil)) { _, _ in }
        let enrolment = Enrolment(
            device: id, code: code, name: "", publicKey: HubDriver.key(of: id), chain: ChainHead(emptyChainOf: id))
        try world.hub.call(.enrol(enrolment, random: world.secret())) { [unowned self] reply, _ in
            if case .enrolled(_, _, let token, _) = reply { self.token = token }
        }
    }

    private static func session(_ id: DeviceID, _ role: Role, _ cursor: [UInt8]?) -> DeviceSession {
        var options = DeviceSession.Options(device: id, name: "", role: role)
        (options.canLead, options.priority, options.hubs) = (role == .master, Int(id.low), 2)
        (options.pushEvents, options.pullEvents) = (5, 7)
        return DeviceSession(options, cursor: cursor)
    }

    var now: ClockReading {
        let elapsed = world.time + UInt64(Int(world.time) * drift / 1000 + 1_000_000)
        return ClockReading(milliseconds: elapsed + offset, wall: 1_700_000_000_000 + world.time)
    }

    func step(_ input: DeviceInput) throws { try perform(session.step(input, now: now, random: world.random.next())) }

    func write(_ record: String, epoch: UInt64, isCritical: Bool) throws -> Event {
        let event = try store.write(record: record, time: world.time, epoch: epoch, isCritical: isCritical)
        try step(.wrote(store.log))
        return event
    }

    /// The process ends; the disk stays.
    func crash() throws {
        life += 1
        if let connection { try world.hub.disconnect(connection) }
        (connection, page, deliveries) = (nil, [], [:])
        session = Self.session(id, role, cursor)
        try step(.wrote(store.log))
        try step(.start)
    }

    // MARK: - Effects

    private func perform(_ effects: [DeviceEffect]) throws {
        for effect in effects {
            switch effect {
            case .open(let attempt, let hub, let renewing): try open(attempt, hub, renewing)
            case .send(_, let message): send(message)
            case .push(let attempt, let order): push(attempt, order)
            case .pull(let attempt, let cursor, let limit, asEvents: _): pull(attempt, cursor, limit)
            case .takeIn(let attempt): later { [self] in try step(.tookIn(attempt: attempt, takeIn(page))) }
            case .takeInCritical(let attempt, let delivery):
                later { [self] in
                    guard let event = deliveries[delivery] else { return }
                    _ = takeIn([event])
                    try step(.wrote(store.log))
                    try step(.tookInCritical(attempt: attempt, delivery, .done))
                }
            case .saveCursor(let bytes): try save(bytes)
            case .close:
                if let connection { try world.hub.disconnect(connection) }
                connection = nil
            case .wake(let at): wake(at)
            case .show(let status): self.status = status
            }
        }
    }

    private func later(_ delay: UInt64? = nil, _ what: @escaping () throws -> Void) {
        let life = life
        world.after(delay ?? 1 + world.random.next() % 20) { [self] in if life == self.life { try what() } }
    }

    private func wake(_ at: UInt64) {
        let left = at > now.milliseconds ? at - now.milliseconds : 0
        wakes += 1
        let wake = wakes
        later(left * 1000 / UInt64(1000 + drift) + 1) { [self] in if wake == wakes { try step(.tick) } }
    }

    private func takeIn(_ events: [Event]) -> TakenIn {
        var forked: Set<DeviceID> = []
        for event in events {
            if store.takeIn(event) { forked.insert(event.dot.device) }
            if event.isCritical { world.critical[event.dot, default: []].insert(id) }
        }
        return TakenIn(log: store.log, forked: forked.sorted())
    }

    private func save(_ bytes: [UInt8]?) throws {
        cursor = bytes
        let log = world.hub.core.log
        guard let bytes, let cursor = Cursor(bytes: bytes), try log.digest(at: cursor.position) == cursor.digest else { return }
        for event in log.events.prefix(Int(cursor.position.index)) where !store.has(event.dot) {
            throw world.fail("\(id) saved a cursor at \(cursor.position.index) and has no \(event.dot)")
        }
    }

    // MARK: - The way to the hub

    /// Sends a call and its answer, each of which may be lost, late, or (the call) there twice.
    private func call(_ call: HubCall<[Event]>, failed: @escaping () throws -> Void, _ answer: @escaping (HubReply, [Event]) throws -> Void)
    {
        var isOver = false
        let life = life
        func end(_ body: () throws -> Void) throws {
            guard !isOver, life == self.life else { return }
            isOver = true
            try body()
        }
        world.after(10_000) { try end(failed) }
        for copy in 0..<(world.chance(1, in: 10) ? 2 : 1) {
            guard let there = world.delay else { continue }
            world.after(there) { [self] in
                try world.hub.call(call) { [self] reply, events in
                    guard copy == 0, let back = world.delay else { return }
                    world.after(back) { try end { try answer(reply, events) } }
                }
            }
        }
    }

    private func open(_ attempt: UInt64, _ hub: Int, _ renewing: Bool) throws {
        // The second address leads nowhere.
        if hub == 1 && world.isFaulty || world.chance(1, in: 6) {
            return later { [self] in try step(.openFailed(attempt: attempt, .unreachable)) }
        }
        guard renewing || token == nil else { return openSocket(attempt) }
        let unreachable = { [self] in try step(.openFailed(attempt: attempt, .unreachable)) }
        call(.challenge(id, random: world.secret()), failed: unreachable) { [self] reply, _ in
            guard case .challenge(let nonce, _) = reply else { return try refused(attempt, reply) }
            let proof = SessionProof.bytes(workspace: HubDriver.workspace, device: id, nonce: nonce)
            let signature = TestCryptography.sign(proof, with: HubDriver.key(of: id))
            call(.openSession(id, nonce: nonce, signature: signature, random: world.secret()), failed: unreachable) { [self] reply, _ in
                guard case .session(let token, _) = reply else { return try refused(attempt, reply) }
                self.token = token
                openSocket(attempt)
            }
        }
    }

    private func refused(_ attempt: UInt64, _ reply: HubReply) throws {
        guard case .problem(let problem) = reply else { return }
        try step(.openFailed(attempt: attempt, .problem(problem)))
    }

    private func openSocket(_ attempt: UInt64) {
        guard let token else { return }
        // Messages of a socket keep their order: each comes after the one before.
        var lastArrival: UInt64 = 0
        later { [self] in
            world.nextConnection += 1
            let connection = ConnectionID(world.nextConnection)
            try world.hub.open(
                connection, token,
                refused: { [self] reply, _ in try refused(attempt, reply) },
                accepted: { [self] in
                    self.connection = connection
                    try step(.opened(attempt: attempt))
                },
                { [self] message, code in
                    guard let message else {
                        if self.connection == connection { self.connection = nil }
                        let failure: Failure = code.map { .problem(Problem($0)) } ?? .unreachable
                        return later { [self] in try step(.closed(attempt: attempt, failure)) }
                    }
                    guard let delay = world.delay else { return }
                    lastArrival = max(lastArrival + 1, world.time + delay)
                    later(lastArrival - world.time) { [self] in try receive(attempt, message) }
                })
        }
    }

    private func receive(_ attempt: UInt64, _ message: HubMessage) throws {
        if case .criticalEvent(let delivery) = message, delivery.includesEvent {
            deliveries[delivery.id] = world.hub.core.log.events.first { $0.dot == delivery.dot }
            guard deliveries[delivery.id] != nil else { return }
        }
        try step(.received(attempt: attempt, message))
    }

    private func send(_ message: DeviceMessage) {
        guard let connection, let delay = world.delay else { return }
        world.after(delay) { [self] in try world.hub.receive(message, connection) }
    }

    private func push(_ attempt: UInt64, _ order: PushOrder) {
        guard let token else { return }
        let (events, scannedTo, chains) = store.batch(order)
        let request = PushRequest(batch: events, eventCount: events.count, byteCount: events.count * 200, chains: chains)
        call(.push(request, token: token), failed: { [self] in try step(.pushFailed(attempt: attempt, .unreachable)) }) { [self] reply, _ in
            switch reply {
            case .pushed(let answer):
                try check(answer)
                let runs = events.map { DeviceRun(device: $0.dot.device, seqs: $0.dot.seq...$0.dot.seq) }
                try step(.pushed(attempt: attempt, PushResult(answer: answer, events: runs, scannedTo: scannedTo)))
            case .problem(let problem): try step(.pushFailed(attempt: attempt, .problem(problem)))
            default: throw world.fail("a push was answered with \(reply)")
            }
        }
    }

    /// Everything that is acknowledged is on the hub's disk, and nothing that was rejected is.
    private func check(_ answer: PushAnswer) throws {
        guard !world.hub.wasRolledBack else { return }
        guard answer.ackedThrough.isCovered(by: world.hub.disk.applied) else { throw world.fail("acknowledged before it was durable") }
        if let dot = world.poison.first(where: { answer.ackedThrough.covers($0) }) {
            throw world.fail("\(dot) was rejected and acknowledged")
        }
    }

    private func pull(_ attempt: UInt64, _ cursor: [UInt8]?, _ limit: Int) {
        guard let token else { return }
        let request = PullRequest(cursor: cursor, limit: limit)
        call(.pull(request, token: token), failed: { [self] in try step(.pullFailed(attempt: attempt, .unreachable)) }) {
            [self] reply, events in
            switch reply {
            case .pulled(let answer):
                page = events
                try step(
                    .pulled(
                        attempt: attempt,
                        PulledPage(
                            cursor: answer.cursor.bytes, position: answer.positions.upperBound, head: answer.head,
                            eventCount: UInt64(events.count), covers: VersionVector(events.map(\.dot)))))
            case .problem(let problem): try step(.pullFailed(attempt: attempt, .problem(problem)))
            default: throw world.fail("a pull was answered with \(reply)")
            }
        }
    }
}

extension SyncWorld {
    func secret() -> Secret {
        nextSecret += 1
        return .sample(nextSecret &+ seed << 32)
    }
}
