import EventCore
import EventSamples
import SyncCore
import Testing

typealias TestHub = HubCore<ModelHubLog, TestCryptography>

/// A hub and a disk that does what it is told at once, or when the test says so.
struct HubDriver {
    static let workspace = WorkspaceID(bytes: Array(repeating: 7, count: 16))
    var hub: TestHub
    var time: UInt64 = 0
    /// What the disk has: the journal and a copy of the log.
    var journal: [HubRecord] = []
    var disk: ModelHubLog
    var syncsAtOnce = true
    private var stores: [(number: StoreNumber, records: [HubRecord], log: ModelHubLog)] = []
    private var nextRequest: UInt64 = 0
    private var nextConnection: UInt64 = 0

    init(limits: SyncLimits = SyncLimits()) {
        disk = ModelHubLog(id: LogID(high: 1, low: 1))
        hub = TestHub(workspace: Self.workspace, state: HubState(), log: disk, limits: limits, now: .at(0))
        _ = hub.start(now: .at(0))
    }

    var now: ClockReading { .at(time) }

    /// A hub that begins with what the disk has.
    mutating func restart() -> [HubEffect] {
        stores = []
        hub = TestHub(workspace: Self.workspace, state: HubState(journal), log: disk, limits: hub.limits, now: now)
        return settle(hub.start(now: now))
    }

    mutating func step(_ input: HubInput<[Event]>) -> [HubEffect] { settle(hub.step(input, now: now)) }

    mutating func call(_ call: HubCall<[Event]>) -> HubReply? {
        nextRequest += 1
        let request = RequestID(nextRequest)
        return step(.call(request, call)).reply(to: request)
    }

    /// Everything that was to be stored is durable.
    mutating func sync() -> [HubEffect] {
        guard let last = stores.last else { return [] }
        journal += stores.flatMap(\.records)
        disk = last.log
        stores = []
        return settle(hub.step(.durable(last.number), now: now))
    }

    private mutating func settle(_ effects: [HubEffect]) -> [HubEffect] {
        for case .store(let number, let records, _) in effects { stores.append((number, records, hub.log)) }
        return syncsAtOnce && !stores.isEmpty ? effects + sync() : effects
    }

    // MARK: - Devices

    /// Enrols a device whose key is its id's bytes twice, and which has written these events.
    mutating func enrol(
        _ number: UInt64, _ role: Role = .client, having events: [Event] = [], formerly: UInt64? = nil
    ) throws -> Secret {
        let code = Secret.sample(1000 + number)
        _ = call(.invite(code: code, role, lifetimeMilliseconds: nil))
        let device = DeviceID.sample(number)
        let enrolment = Enrolment(
            device: device, code: code, name: "device \(number)", publicKey: Self.key(of: device),
            chain: TestCryptography.chain(of: device, events)[events.count], formerly: formerly.map { .sample($0) })
        let reply = call(.enrol(enrolment, random: .sample(2000 + number)))
        guard case .enrolled(_, role, let token, _) = reply else { throw Unexpected(what: "\(String(describing: reply))") }
        return token
    }

    static func key(of device: DeviceID) -> [UInt8] { device.bytes + device.bytes }

    mutating func push(_ events: [Event], chains: [SignedHead] = [], _ token: Secret) throws -> PushAnswer {
        let reply = call(.push(PushRequest(batch: events, eventCount: events.count, byteCount: 100, chains: chains), token: token))
        guard case .pushed(let answer) = reply else { throw Unexpected(what: "\(String(describing: reply))") }
        return answer
    }

    mutating func connect(_ token: Secret) throws -> ConnectionID {
        nextRequest += 1
        nextConnection += 1
        let connection = ConnectionID(nextConnection)
        let effects = step(.socket(RequestID(nextRequest), connection, token: token))
        guard effects.contains(.accept(RequestID(nextRequest), connection)) else { throw Unexpected(what: "\(effects)") }
        return connection
    }

    mutating func register(
        _ number: UInt64, _ token: Secret, canLead: Bool = false, priority: Int = 0, epoch: UInt64 = 0
    ) throws -> (ConnectionID, [HubEffect]) {
        let connection = try connect(token)
        let registration = Registration(device: .sample(number), name: "", canLead: canLead, priority: priority, epoch: epoch)
        return (connection, step(.received(connection, .register(registration))))
    }

    struct Unexpected: Error { let what: String }
}

extension [HubEffect] {
    func reply(to request: RequestID) -> HubReply? {
        for case .reply(request, let reply) in self { return reply }
        return nil
    }

    /// What is sent to a socket, in order.
    func messages(to connection: ConnectionID) -> [HubMessage] {
        compactMap { if case .send(connection, let message) = $0 { message } else { nil } }
    }

    /// The deliveries that are sent to a socket: position and attempt.
    func deliveries(to connection: ConnectionID) -> [Delivery] {
        messages(to: connection).compactMap { if case .criticalEvent(let delivery) = $0 { delivery } else { nil } }
    }
}
