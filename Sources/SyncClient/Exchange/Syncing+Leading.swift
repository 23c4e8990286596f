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

    /// Takes the lease, for as long as `body` takes, and gives it up by going.
    ///
    /// A hub that has just started, or whose master has just gone, grants the next epoch only when the old lease has run out.
    ///
    /// - Throws: `.notAllowed` when another device leads, `.unreachable` also when the hub takes the socket and says nothing, or breaks it off.
    package func leading<Value>(_ body: (_ epoch: UInt64) throws(SyncError) -> Value) throws(SyncError) -> Value {
        guard role == Role.master.rawValue else { throw HubProblem(Problem(.notMaster)).error }
        _ = try status()
        let inbox = SocketInbox()
        var attempt: UInt64 = 0
        var socket = try stand(attempt, inbox)
        defer { socket.close() }
        let limits = SyncLimits()
        var deadline = ContinuousClock.now + .milliseconds(Int64(limits.leaseMilliseconds + limits.heartbeatMilliseconds))
        let patience = Duration.milliseconds(Int64(limits.silenceMilliseconds))
        var lastHeard = ContinuousClock.now
        var beats: UInt64 = 0
        var isWaiting = false
        while ContinuousClock.now < deadline {
            guard let (ofAttempt, event) = inbox.next(timeoutMilliseconds: 1000) else {
                guard ContinuousClock.now < lastHeard + patience else {
                    throw .unreachable(hub: hub, reason: "it took the socket and said nothing for \(limits.silenceMilliseconds / 1000) s")
                }
                beats += 1
                socket.send(DeviceMessage.heartbeat(DeviceHeartbeat(id: beats, epoch: 0, lag: 0, pending: 0)).json)
                continue
            }
            guard ofAttempt == attempt else { continue }
            if case .closed(ProblemCode.superseded.rawValue) = event {
                socket.close()
                guard try isGivenTheLease(until: deadline) else { break }
                attempt += 1
                socket = try stand(attempt, inbox)
                lastHeard = ContinuousClock.now
                deadline = lastHeard + patience
                continue
            }
            guard case .text(let text) = event else { throw brokenOff(event) }
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
            if !isWaiting { onWaitingForLease(leadership.master, limits.leaseMilliseconds + limits.heartbeatMilliseconds) }
            isWaiting = true
        }
        throw HubProblem(Problem(.notMaster)).error
    }

    /// Stands for the lease on a socket of its own.
    private func stand(_ attempt: UInt64, _ inbox: SocketInbox) throws(SyncError) -> SocketClient {
        let socket = try SocketClient.open(hub, token: token, authorities: authorities) { inbox.add($0, of: attempt) }
        socket.send(DeviceMessage.register(Registration(device: device, name: deviceName, canLead: true, priority: 1)).json)
        return socket
    }

    /// Waits while another socket of this device stands for the lease, as that of a watch in the same store does, which comes back when a command takes its place.
    private func isGivenTheLease(until deadline: ContinuousClock.Instant) throws(SyncError) -> Bool {
        while ContinuousClock.now < deadline {
            Host.pause(milliseconds: 500)
            if try status()["master"]?.text == device.description { return true }
        }
        return false
    }

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
