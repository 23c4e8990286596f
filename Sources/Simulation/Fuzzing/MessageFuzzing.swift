internal import EventCore
internal import HubStore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// Reads each line as a message of a socket: what is understood comes back from its text, and a device and a hub that are told all of them, one after the other, as by somebody who lies, go on.
package func fuzzMessages(_ bytes: UnsafeRawBufferPointer) {
    var device = ConnectedDevice()
    var hub = ConnectedHub()
    for line in bytes.split(separator: 0x0A) {
        guard let object = try? JSONValue(json: line) else { continue }
        if let message = DeviceMessage(json: object) {
            precondition(DeviceMessage(json: value(message.json)) == message)
            hub.receive(message)
        }
        if let message = HubMessage(json: object) {
            // The event of a delivery is the shell's.
            if case .criticalEvent(let delivery) = message, delivery.includesEvent {
                precondition(object["event"] != nil)
            } else {
                precondition(HubMessage(json: value(message.json())) == message)
            }
            device.receive(message)
        }
    }
}

private func value(_ text: [UInt8]) -> JSONValue {
    guard let value = try? JSONValue(json: text) else { preconditionFailure("a message is no JSON") }
    return value
}

/// A device's session that has a socket open, and answers of its hub that say that all is there.
private struct ConnectedDevice {
    private var session: DeviceSession
    private var attempt: UInt64 = 0
    private var milliseconds: UInt64 = 0
    private var calls = 0

    init() {
        var options = DeviceSession.Options(device: DeviceID(high: 0, low: 1), name: "a", role: .master)
        options.canLead = true
        session = DeviceSession(options, cursor: nil)
        step(.wrote(LocalLog(end: Position(3), ownSeq: 3)))
        step(.start)
        step(.opened(attempt: attempt))
    }

    mutating func receive(_ message: HubMessage) {
        step(.received(attempt: attempt, message))
        milliseconds += 1_000
        step(.tick)
    }

    private mutating func step(_ input: DeviceInput) {
        let now = ClockReading(milliseconds: milliseconds, wall: 1_700_000_000_000 + milliseconds)
        for effect in session.step(input, now: now, random: 1) { answer(effect) }
        _ = session.leaseEpoch(now: now)
    }

    private mutating func answer(_ effect: DeviceEffect) {
        if case .open(let number, _, _) = effect { attempt = number }
        calls += 1
        guard calls < 200 else { return }
        switch effect {
        case .push(let number, let order):
            precondition(order.limitEvents >= 0 && order.limitBytes >= 0)
            let answer = PushAnswer(runs: [], ackedThrough: order.lacking, head: Position(0))
            let end = order.limitEvents > 0 ? Position(3) : order.from
            step(.pushed(attempt: number, PushResult(answer: answer, events: [], scannedTo: end)))
        case .pull(let number, _, let limit, _):
            precondition(limit > 0)
            let page = PulledPage(cursor: [1], position: Position(0), head: Position(0), eventCount: 0, covers: VersionVector())
            step(.pulled(attempt: number, page))
        case .open(let number, _, _): step(.opened(attempt: number))
        default: break
        }
    }
}

/// A hub with a device whose socket is open, and a critical event of another one that waits for it.
private struct ConnectedHub {
    private typealias Core = HubCore<StoreLog<FaultyVolume>, WorldCryptography>
    private static let connection = ConnectionID(1)
    private var core: Core
    private var milliseconds: UInt64 = 0

    init() {
        let (device, token) = (DeviceID(high: 0, low: 1), Secret(bytes: [1]))
        let enrolled = [device, DeviceID(high: 0, low: 2)].map { device in
            HubRecord.enrolled(
                EnrolledDevice(id: device, name: "a", role: .master, publicKey: [], enrolledAt: Position(0), revokedAt: nil))
        }
        let critical = CriticalEvent(position: Position(0), dot: Dot(device: DeviceID(high: 0, low: 2), seq: 1), byteCount: 100)
        let state = HubState(
            enrolled + [
                .tokenIssued(WorldCryptography.sha256(token.bytes), device, expiresAt: 1 << 50),
                .critical(critical, recipients: [device]),
            ])
        let volume = FaultyVolume()
        do {
            try volume.createFolder("disk")
            let log = try StoreLog.open(in: "disk/hub", on: volume, options: LogOptions()) { Array(repeating: 1, count: 32) }
            let now = ClockReading(milliseconds: 0, wall: 1_700_000_000_000)
            core = Core(workspace: WorkspaceID(bytes: Array(repeating: 1, count: 16)), state: state, log: log, now: now)
            _ = core.start(now: now)
            _ = core.step(.socket(RequestID(1), Self.connection, token: token), now: now)
        } catch { preconditionFailure("a hub in memory can be made: \(error)") }
    }

    mutating func receive(_ message: DeviceMessage) {
        milliseconds += 1_000
        let now = ClockReading(milliseconds: milliseconds, wall: 1_700_000_000_000 + milliseconds)
        var effects = core.step(.received(Self.connection, message), now: now)
        effects += core.step(.tick, now: now)
        for effect in effects {
            switch effect {
            case .store(let number, let records, _):
                precondition(HubState(core.state.records(wall: 0)) == core.state, "the state is the fold of its records: \(records)")
                _ = core.step(.durable(number), now: now)
            case .send(_, let message): precondition(HubMessage(json: value(message.json())) != nil)
            case .stop: preconditionFailure("a message stopped the hub")
            default: break
            }
        }
    }
}
