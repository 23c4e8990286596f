internal import EventCore

/// Who calls, and which answer it is.
extension HubCore {
    mutating func answer(_ request: RequestID, _ call: HubCall<Log.Batch>) {
        do throws(Problem) {
            switch call {
            case .enrol(let enrolment, let random): emitDurably(.reply(request, try enrol(enrolment, random)))
            case .challenge(let device, let random): emit(.reply(request, try challenge(device, random)))
            case .openSession(let device, let nonce, let signature, let random):
                emitDurably(.reply(request, try openSession(device, nonce, signature, random)))
            case .listDevices(let token):
                _ = try caller(.listDevices, token)
                emitDurably(.reply(request, .devices(state.devices.values.sorted { $0.id < $1.id }.map { line(of: $0) })))
            case .revoke(let device, let epoch, let token):
                _ = try caller(.revoke, token, epoch: epoch)
                emitDurably(.reply(request, .revoked(at: try revoke(device))))
            case .push(let push, let token): emitDurably(.reply(request, .pushed(try self.push(push, token))))
            case .pull(let pull, let token):
                if let answer = try self.pull(pull, token, request) { emitDurably(.reply(request, .pulled(answer))) }
            case .status(let token): emitDurably(.reply(request, .status(try status(token))))
            case .invite(let code, let role, let lifetime):
                let lifetime = lifetime ?? limits.codeMilliseconds
                keep(.codeIssued(Crypto.sha256(code.bytes), role, expiresAt: now.wall + lifetime))
                emitDurably(.reply(request, .invited(expiresInMilliseconds: lifetime)))
            case .revokeLocally(let device): emitDurably(.reply(request, .revoked(at: try revoke(device))))
            }
        } catch {
            emit(.reply(request, .problem(error)))
        }
    }

    /// The device whose token it is, if it may do this now. Costs it one call of those it has a second.
    mutating func caller(_ action: Action, _ token: Secret?, epoch: UInt64 = 0, events: Int = 0) throws(Problem) -> EnrolledDevice {
        let found = identify(token)
        if let code = Access.problem(with: action, by: kind(of: found, epoch: epoch)) { throw Problem(code) }
        guard case .device(let device) = found else { preconditionFailure("nobody else is allowed with a token") }
        try spend(device.id, events: events)
        lastSeenWall[device.id] = now.wall
        return device
    }

    /// What a token says.
    private enum Found {
        case nothing
        case unknown
        case expired
        case device(EnrolledDevice)
    }

    private func identify(_ token: Secret?) -> Found {
        guard let token else { return .nothing }
        guard let found = state.tokens[Crypto.sha256(token.bytes)], let device = state.devices[found.device] else { return .unknown }
        return found.expiresAt > now.wall ? .device(device) : .expired
    }

    private func kind(of found: Found, epoch: UInt64) -> Caller {
        switch found {
        case .nothing: .nobody
        case .unknown: .unknownToken
        case .expired: .expiredToken
        case .device(let device): caller(device, epoch: epoch, isRegistered: false)
        }
    }

    func caller(_ device: EnrolledDevice, epoch: UInt64, isRegistered: Bool) -> Caller {
        guard device.revokedAt == nil else { return .revoked(device.role) }
        let claim: EpochClaim =
            if epoch == 0 {
                .none
            } else if !state.grants.isGranted(epoch, to: device.id, mayLead: device.role == .master) {
                .neverGranted
            } else {
                epoch == state.epoch && state.grants.newestHolder == device.id ? .newest : .lower
            }
        return .device(device.role, epoch: claim, isRegistered: isRegistered)
    }

    private mutating func spend(_ device: DeviceID, events: Int) throws(Problem) {
        let time = now.milliseconds
        var rates =
            rates[device]
            ?? Rates(
                calls: RateLimit(perSecond: limits.callsPerSecond, atOnce: limits.callsAtOnce, now: time),
                events: RateLimit(perSecond: limits.eventsPerSecond, atOnce: limits.eventsAtOnce, now: time))
        let retry = rates.calls.spend(1, now: time) ?? rates.events.spend(events, now: time)
        self.rates[device] = rates
        if let retry { throw Problem(.rateLimited, retryAfterMilliseconds: retry) }
    }

    /// Spends one of the calls that those who are not known yet share.
    mutating func spendAsStranger() throws(Problem) {
        if let retry = strangers.spend(1, now: now.milliseconds) { throw Problem(.rateLimited, retryAfterMilliseconds: retry) }
    }

    /// Whether a token is one of this workspace: so the shell finds where a call belongs.
    package func knows(token: Secret) -> Bool { state.tokens[Crypto.sha256(token.bytes)] != nil }

    /// Whether a one-time code is one of this workspace.
    package func knows(code: Secret) -> Bool { state.codes[Crypto.sha256(code.bytes)] != nil }

    // MARK: - Showing

    private mutating func status(_ token: Secret?) throws(Problem) -> HubStatus {
        let device = try caller(.status, token)
        guard let digest = try reading({ (log) throws(HubLogError) in try log.digest(at: log.end) }) else {
            preconditionFailure("a log has a digest at its end")
        }
        let critical = state.sortedCritical
        let own = critical.filter { isWriter(device.id, of: $0.event) }
        return HubStatus(
            log: log.id, head: log.end, digest: digest, leadership: leadership(of: device.id),
            connected: sessions.all.count { $0.isRegistered }, limits: limits, wall: now.wall,
            caller: line(of: device),
            pendingCritical: critical.filter { $0.pending.contains(device.id) }.map(\.event.position),
            unacknowledgedCritical: own.filter { !$0.pending.isEmpty }.map(\.event.position),
            ownCritical: own.map { CriticalStanding(dot: $0.event.dot, by: $0.ended.sorted(), missing: $0.pending) })
    }

    private func line(of device: EnrolledDevice) -> DeviceLine {
        let session = sessions.index(of: device.id).map { sessions.all[$0] }
        let undelivered = session?.attempts.filter { $0.value.isLast }.map(\.key).sorted() ?? []
        return DeviceLine(
            device: device, isConnected: session != nil, isLeading: lease.holder == device.id, lastSeenWall: lastSeenWall[device.id],
            lag: session?.lag, pending: session?.pending, acknowledged: log.applied[device.id], undelivered: undelivered,
            signature: state.signature(of: device.id))
    }

    /// Asks the log; a disk that refuses ends the hub.
    mutating func reading<Value>(_ body: (Log) throws(HubLogError) -> Value) throws(Problem) -> Value {
        do throws(HubLogError) { return try body(log) } catch {
            stop()
            throw Problem(.unavailable)
        }
    }
}
