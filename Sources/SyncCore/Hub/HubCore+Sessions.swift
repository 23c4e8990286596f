internal import EventCore

/// Sockets: opening, registering, heartbeats, closing.
extension HubCore {
    mutating func open(_ connection: ConnectionID, _ request: RequestID, _ token: Secret?) {
        do throws(Problem) {
            let device = try caller(.openSocket, token)
            let expiresAt = token.flatMap { state.tokens[Crypto.sha256($0.bytes)]?.expiresAt } ?? now.wall
            sessions.add(
                HubSession(
                    connection: connection, device: device.id, tokenExpiresAt: expiresAt, lastHeard: now.milliseconds))
            plan(at: now.milliseconds + limits.silenceMilliseconds)
            emit(.accept(request, connection))
        } catch {
            emit(.reply(request, .problem(error)))
        }
    }

    mutating func receive(_ message: DeviceMessage, from connection: ConnectionID) {
        guard let index = sessions.index(of: connection) else { return }
        let session = sessions.all[index]
        sessions.all[index].lastHeard = now.milliseconds
        lastSeenWall[session.device] = now.wall
        guard let device = state.devices[session.device] else { return }
        let action: Action
        switch message {
        case .register: action = .register
        case .acknowledge: action = .acknowledge
        case .heartbeat: action = .heartbeat
        }
        let caller = caller(device, epoch: 0, isRegistered: session.isRegistered)
        if let code = Access.problem(with: action, by: caller) { return send(.error(Problem(code)), to: connection) }
        switch message {
        case .register(let registration): register(registration, index)
        case .acknowledge(let delivery, let outcome): acknowledge(delivery, outcome, by: device.id)
        case .heartbeat(let heartbeat): beat(heartbeat, index)
        }
    }

    private mutating func register(_ registration: Registration, _ index: Int) {
        let connection = sessions.all[index].connection
        let device = sessions.all[index].device
        guard registration.device == device else {
            send(.error(Problem(.notAllowed)), to: connection)
            return
        }
        if let other = sessions.index(of: device), sessions.all[other].connection != connection {
            close(sessions.all[other].connection, .superseded)
        }
        guard let index = sessions.index(of: connection) else { return }
        sessions.all[index].canLead = registration.canLead
        sessions.all[index].priority = registration.priority
        if state.grants.mayHaveForgotten(registration.epoch) { passOverForgottenEpochs(knowing: registration.epoch) }
        if registration.canLead { _ = lease.renew(by: device, now: now.milliseconds, limits: limits) }
        lead(registering: connection)
        guard let index = sessions.index(of: connection) else { return }
        sessions.register(index)
        send(
            .registered(Registered(session: connection, leadership: leadership(of: device), head: log.end, limits: limits)), to: connection
        )
        for critical in state.sortedCritical {
            if critical.pending.contains(device) { deliver(critical.event, to: device) }
            if isWriter(device, of: critical.event) { tellWriter(of: critical.event.position) }
        }
    }

    private mutating func beat(_ heartbeat: DeviceHeartbeat, _ index: Int) {
        let session = sessions.all[index]
        sessions.all[index].lag = heartbeat.lag
        sessions.all[index].pending = heartbeat.pending
        if heartbeat.epoch == state.epoch { _ = lease.renew(by: session.device, now: now.milliseconds, limits: limits) }
        lead()
        let left = session.tokenExpiresAt > now.wall ? session.tokenExpiresAt - now.wall : 0
        send(
            .heartbeat(
                HubHeartbeat(
                    ref: heartbeat.id, leadership: leadership(of: session.device), head: log.end, tokenExpiresInMilliseconds: left,
                    wall: now.wall)), to: session.connection)
    }

    /// Sends what may be known when everything so far is durable; a reader that is too slow is closed.
    mutating func send(_ message: HubMessage, to connection: ConnectionID) {
        guard let index = sessions.index(of: connection) else { return }
        sessions.all[index].queue.add(message)
        emitDurably(.send(connection, message))
        let queue = sessions.all[index].queue
        if queue.byteCount > limits.queuedBytes || queue.count > limits.queuedMessages { close(connection, .slowReader) }
    }

    /// Closes a socket from this side.
    mutating func close(_ connection: ConnectionID, _ code: ProblemCode) {
        emit(.close(connection, code))
        end(connection)
    }

    /// A socket is gone; its lease runs on until its time is over.
    mutating func end(_ connection: ConnectionID) { _ = sessions.remove(connection) }

    /// Closes sockets from which nothing has come for two heartbeats, and those whose token has expired.
    mutating func endSilentSessions() {
        for session in sessions.all {
            if now.milliseconds >= session.lastHeard + limits.silenceMilliseconds {
                close(session.connection, .heartbeatMissed)
            } else if now.wall >= session.tokenExpiresAt {
                close(session.connection, .tokenExpired)
            }
        }
    }

    /// When something is due with a session.
    func deadline(of session: HubSession) -> UInt64 {
        let expiry = now.milliseconds + (session.tokenExpiresAt > now.wall ? session.tokenExpiresAt - now.wall : 0)
        let delivery = session.attempts.values.compactMap(\.nextAt).min() ?? .max
        return min(session.lastHeard + limits.silenceMilliseconds, expiry, delivery)
    }

    // MARK: - Leading

    /// Who leads, as a device is told it.
    func leadership(of device: DeviceID) -> Leadership {
        let enrolled = state.devices[device]?.role ?? .client
        let role: Role = lease.holder == device ? .master : enrolled == .master ? .client : enrolled
        return Leadership(role: role, master: lease.holder, epoch: state.epoch)
    }

    /// Grants the next epoch when the lease has run out and somebody can take it; tells everybody what changed.
    ///
    /// - Parameter registering: a session that may be elected and is told by its own answer.
    mutating func lead(registering: ConnectionID? = nil) {
        let hasLapsed = lease.lapse(now: now.milliseconds)
        guard lease.holder == nil else { return }
        let candidates = sessions.all.compactMap { session -> Election.Candidate? in
            guard session.isRegistered || session.connection == registering, session.canLead,
                // A holder that was silent for a lease is not given the next one.
                now.milliseconds < session.lastHeard + min(limits.leaseMilliseconds, limits.silenceMilliseconds),
                let device = state.devices[session.device], device.role == .master, device.revokedAt == nil
            else { return nil }
            return Election.Candidate(device: session.device, priority: session.priority)
        }
        let winner = Election.winner(among: candidates)
        if let winner {
            keep(.epochGranted(to: winner))
            lease.grant(to: winner, now: now.milliseconds, limits: limits)
            plan(at: lease.until)
        }
        if hasLapsed || winner != nil { tellWhoLeads() }
    }

    /// Somebody knows of something that this hub has told, and does not know any more: it was put back to an older copy, and may have forgotten epochs.
    ///
    /// - Parameter epoch: one that it has forgotten; nil where nobody named one.
    mutating func passOverForgottenEpochs(knowing epoch: UInt64? = nil) {
        guard epoch == nil ? !hasPassedOverEpochs : !hasHeardOfForgottenEpoch else { return }
        hasPassedOverEpochs = true
        if epoch != nil { hasHeardOfForgottenEpoch = true }
        let told = max(epoch ?? 0, state.epoch) - state.epoch
        keep(.epochsForgotten(count: told + EpochGrants.forgottenCount, doubted: state.epoch - epochAtStart))
        // Who leads goes on, under an epoch that nobody had.
        if let holder = lease.holder { keep(.epochGranted(to: holder)) }
        tellWhoLeads()
    }

    private mutating func tellWhoLeads() {
        for session in sessions.all where session.isRegistered {
            send(.roleChanged(leadership(of: session.device)), to: session.connection)
        }
    }
}
