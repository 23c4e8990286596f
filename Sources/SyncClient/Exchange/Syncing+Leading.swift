internal import EventCore
internal import ReplicaEngine
internal import SyncCore

/// What only the holder of the lease may do.
extension Syncing {
    /// Takes the lease, and has the store write under it while `body` runs.
    ///
    /// - Throws: what `body` throws; `.notAllowed` when another device leads, `.unreachable` also when the hub falls silent.
    package func writingUnderLease<Value>(_ body: () throws -> Value) throws -> Value {
        try leading { (epoch) throws(SyncError) in writing(under: epoch, body) }.get()
    }

    private func writing<Value>(under epoch: UInt64, _ body: () throws -> Value) -> Result<Value, any Error> {
        let before = store.lease
        store.lease = WritingLease(hasJoined: { true }, epoch: { epoch })
        defer { store.lease = before }
        return Result { try body() }
    }

    /// Has `body` run under the lease: the one that this device holds already, or one that it is given now and gives up by going.
    ///
    /// A hub that has just started, or whose master has just gone, grants the next epoch only when the old lease has run out. Where a watch on the same store is connected, its socket
    /// is the device's, and is the one that is given the lease: the hub is asked whether it has it.
    ///
    /// - Throws: `.notAllowed` when another device leads, `.unreachable` also when the hub takes the socket and says nothing, or breaks it off.
    package func leading<Value>(_ body: (_ epoch: UInt64) throws(SyncError) -> Value) throws(SyncError) -> Value {
        guard role == Role.master.rawValue else { throw HubProblem(Problem(.notMaster)).error }
        let deadline = ContinuousClock.now + .milliseconds(Int64(Self.leaseWaitMilliseconds))
        var isWaiting = false
        while ContinuousClock.now < deadline {
            let status = try status()
            let caller = status["caller"]
            if caller?["leading"]?.isTrue == true, let epoch = status["epoch"]?.integer { return try body(epoch) }
            if caller?["connected"]?.isTrue != true, let value = try leadingBySocket(until: deadline, &isWaiting, body) { return value }
            wait(for: status["master"]?.text.flatMap { DeviceID($0) }, &isWaiting)
            Host.pause(milliseconds: Self.askingMilliseconds)
        }
        throw HubProblem(Problem(.notMaster)).error
    }

    /// The same over a socket of its own; nil where a watch on the same store has taken its place.
    private func leadingBySocket<Value>(
        until deadline: ContinuousClock.Instant, _ isWaiting: inout Bool, _ body: (_ epoch: UInt64) throws(SyncError) -> Value
    ) throws(SyncError) -> Value? {
        let inbox = SocketInbox()
        let socket = try SocketClient.open(hub, token: token, authorities: authorities) { inbox.add($0, of: 0) }
        defer { socket.close() }
        socket.send(DeviceMessage.register(Registration(device: device, name: deviceName, canLead: true, priority: 1)).json)
        let silence = SyncLimits().silenceMilliseconds
        var lastHeard = ContinuousClock.now
        var beats: UInt64 = 0
        while ContinuousClock.now < deadline {
            guard let (_, event) = inbox.next(timeoutMilliseconds: 1000) else {
                guard ContinuousClock.now < lastHeard + .milliseconds(Int64(silence)) else {
                    throw .unreachable(hub: hub, reason: "it took the socket and said nothing for \(silence / 1000) s")
                }
                beats += 1
                socket.send(DeviceMessage.heartbeat(DeviceHeartbeat(id: beats, epoch: 0, lag: 0, pending: 0)).json)
                continue
            }
            guard case .text(let text) = event else {
                if case .closed(ProblemCode.superseded.rawValue) = event { return nil }
                throw brokenOff(event)
            }
            guard let object = try? JSONValue(json: text), let message = HubMessage(json: object) else { continue }
            lastHeard = ContinuousClock.now
            let leadership: Leadership
            switch message {
            case .registered(let registered): leadership = registered.leadership
            case .roleChanged(let changed): leadership = changed
            case .heartbeat(let heartbeat): leadership = heartbeat.leadership
            case .error(let problem): throw HubProblem(problem).error
            default: continue
            }
            if leadership.role == .master { return try body(leadership.epoch) }
            if leadership.role == .reader { break }
            wait(for: leadership.master, &isWaiting)
        }
        throw HubProblem(Problem(.notMaster)).error
    }

    /// Says once that the lease is waited for.
    private func wait(for holder: DeviceID?, _ isWaiting: inout Bool) {
        if !isWaiting { onWaitingForLease(holder, Self.leaseWaitMilliseconds) }
        isWaiting = true
    }

    /// How long a lease is waited for: until one that somebody has now has run out.
    private static var leaseWaitMilliseconds: UInt64 {
        let limits = SyncLimits()
        return limits.leaseMilliseconds + limits.heartbeatMilliseconds
    }

    /// How often the hub is asked whether a watch has the lease.
    private static var askingMilliseconds: UInt32 { 500 }

    /// A socket that ended before the hub said who leads: for a reason that it named, or like a hub that is not there.
    private func brokenOff(_ event: SocketClient.Event) -> SyncError {
        guard case .closed(let reason) = event else { preconditionFailure("a text breaks nothing off") }
        guard let code = ProblemCode(rawValue: reason) else { return .unreachable(hub: hub, reason: "the socket broke off: \(reason)") }
        return HubProblem(Problem(code)).error
    }
}

extension HubProblem {
    init(_ problem: Problem) {
        let detail =
            problem.code == .notMaster
            ? "this device does not get the lease: another one leads, or its role is not master" : problem.code.rawValue
        self.init(status: problem.code.status, code: problem.code.rawValue, detail: detail, isRetryable: problem.code.isRetryable)
    }
}
