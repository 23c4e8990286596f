import EventCore
import EventSamples
import SyncCore

/// A session and what it asked for last.
struct DeviceDriver {
    var session: DeviceSession
    var time: UInt64 = 0
    var effects: [DeviceEffect] = []
    var status: SyncStatus?
    var attempt: UInt64 = 0
    var hubs: [Int] = []

    init(role: Role = .client, hubs: Int = 1, canLead: Bool = false, cursor: [UInt8]? = nil) {
        var options = DeviceSession.Options(device: .sample(1), name: "a", role: role)
        (options.hubs, options.canLead) = (hubs, canLead)
        session = DeviceSession(options, cursor: cursor)
    }

    mutating func step(_ input: DeviceInput, random: UInt64 = 0) {
        effects = session.step(input, now: .at(time), random: random)
        for effect in effects {
            switch effect {
            case .open(let attempt, let hub, _):
                self.attempt = attempt
                hubs.append(hub)
            case .show(let status): self.status = status
            default: break
            }
        }
    }

    var state: SyncState? { status?.state }
    var order: PushOrder? { effects.compactMap { if case .push(_, let order) = $0 { order } else { nil } }.last }
    var isPulling: Bool { effects.contains { if case .pull = $0 { true } else { false } } }
    var wake: UInt64? { effects.compactMap { if case .wake(let at) = $0 { at } else { nil } }.last }

    /// Connected, registered; it has asked what the hub has.
    mutating func connect(head: UInt64 = 0, role: Role = .client, epoch: UInt64 = 0) {
        step(.start)
        register(head: head, role: role, epoch: epoch)
    }

    mutating func register(head: UInt64 = 0, role: Role = .client, epoch: UInt64 = 0) {
        step(.opened(attempt: attempt))
        let leadership = Leadership(role: role, master: role == .master ? .sample(1) : nil, epoch: epoch)
        let registered = Registered(session: ConnectionID(1), leadership: leadership, head: Position(head), limits: SyncLimits())
        step(.received(attempt: attempt, .registered(registered)))
    }

    mutating func answer(
        _ acked: UInt64, head: UInt64, events: [DeviceRun] = [], _ runs: [VerdictRun] = [], scannedTo: UInt64 = 0,
        forked: [DeviceID] = []
    ) {
        let vector = VersionVector([Dot(device: .sample(1), seq: acked)])
        step(
            .pushed(
                attempt: attempt,
                PushResult(
                    answer: PushAnswer(runs: runs, ackedThrough: vector, head: Position(head), forked: forked), events: events,
                    scannedTo: Position(scannedTo))))
    }

    mutating func page(_ position: UInt64, head: UInt64, events: UInt64, cursor: [UInt8] = [1]) {
        step(
            .pulled(
                attempt: attempt,
                PulledPage(
                    cursor: cursor, position: Position(position), head: Position(head), eventCount: events, covers: VersionVector())))
    }

    mutating func fail(_ code: ProblemCode, expected: Dot? = nil) {
        step(.pushFailed(attempt: attempt, .problem(Problem(code, expected: expected))))
    }

    /// Everything there and here.
    mutating func settle() {
        answer(0, head: 0)
        page(0, head: 0, events: 0)
    }
}
