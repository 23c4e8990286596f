internal import EventCore

/// Connecting, failing, trying again; heartbeats and the lease.
extension DeviceSession {
    mutating func start() {
        guard !isRunning || halt != nil else { return }
        isRunning = true
        halt = nil
        lastProblem = nil
        backoff.reset()
        open()
    }

    mutating func stop() {
        if link != .down { effects.append(.close(attempt: attempt)) }
        disconnect()
        isRunning = false
        retryAt = nil
    }

    mutating func open() {
        attempt += 1
        retryAt = nil
        link = .opening
        effects.append(.open(attempt: attempt, hub: hub, renewingToken: isTokenBad))
        isTokenBad = false
    }

    mutating func opened() {
        guard link == .opening else { return }
        link = .registering(sentAt: now.milliseconds)
        lastHeard = now.milliseconds
        beatAt = now.milliseconds + limits.heartbeatMilliseconds
        plan(at: beatAt)
        effects.append(
            .send(
                attempt: attempt,
                .register(
                    Registration(
                        device: options.device, name: options.name, canLead: options.canLead, priority: options.priority, cursor: cursor,
                        epoch: heardEpoch))))
    }

    mutating func send(_ message: DeviceMessage) {
        guard link == .up else { return }
        effects.append(.send(attempt: attempt, message))
    }

    private mutating func disconnect() {
        if link == .up { offlineSince = now.wall }
        link = .down
        // What is under way is of an attempt that is over.
        attempt += 1
        exchange = .none
        unanswered = []
        awaited = []
    }

    /// A call or the connection failed.
    mutating func fail(_ failure: Failure) {
        guard case .problem(let problem) = failure else { return reconnect(nil) }
        switch problem.code {
        case .gap where problem.expected != lastGap && link == .up:
            lastGap = problem.expected
            (exchange, isAskDue, scanned) = (.none, true, Position(0))
        case .cursorUnrecoverable where link == .up:
            exchange = .none
            beginAnew()
        case .rateLimited where link == .up:
            exchange = .none
            pausedUntil = now.milliseconds + (problem.retryAfterMilliseconds ?? 1_000)
            plan(at: pausedUntil)
        case .quotaExceeded where exchange == .pushing && link == .up:
            (exchange, isHubFull) = (.none, true)
            pushHeldUntil = now.milliseconds + (problem.retryAfterMilliseconds ?? limits.quotaRetryMilliseconds)
            plan(at: pushHeldUntil)
        case .tooLarge where pushEvents > 1 && link == .up, .tooManyEvents where pushEvents > 1 && link == .up:
            exchange = .none
            pushEvents /= 2
        case .notAllowed where exchange == .pushing || exchange == .asking:
            exchange = .none
            (enrolledRole, isAskDue) = (.reader, false)
        case .tokenExpired, .tokenMissing:
            renewToken(problem.code)
        case .tokenUnknown where lastProblem != .tokenUnknown:
            renewToken(problem.code)
        case .fork: block(.fork(options.device))
        case .revoked: block(.revoked)
        case .tokenUnknown, .signatureInvalid, .notFound, .codeInvalid, .codeExpired, .codeSpent:
            block(.notEnrolled(problem.code))
        default: reconnect(problem.code, inMilliseconds: problem.retryAfterMilliseconds ?? 0)
        }
    }

    /// Signs in anew: at once, but only once in a row.
    private mutating func renewToken(_ code: ProblemCode) {
        let (isFirst, hub) = (lastProblem != code, hub)
        reconnect(code)
        (isTokenBad, self.hub) = (true, hub)
        if isFirst && isRunning { open() }
    }

    /// Nothing more until a person has mended it.
    mutating func block(_ reason: BlockReason) {
        halt = reason
        exchange = .none
        guard link != .down else { return }
        effects.append(.close(attempt: attempt))
        disconnect()
    }

    /// Tries the next address, after a while: no sooner than the hub wants.
    private mutating func reconnect(_ code: ProblemCode?, inMilliseconds least: UInt64 = 0) {
        lastProblem = code
        if link != .down { effects.append(.close(attempt: attempt)) }
        disconnect()
        guard isRunning, halt == nil else { return }
        hub = (hub + 1) % options.hubs
        let retry = now.milliseconds + max(backoff.next(random: random), least)
        retryAt = retry
        plan(at: retry)
    }

    // MARK: - Messages

    mutating func receive(_ message: HubMessage) {
        lastHeard = now.milliseconds
        switch (link, message) {
        case (.registering(let sentAt), .registered(let registered)): self.registered(registered, sentAt)
        case (_, .error(let problem)): fail(.problem(problem))
        case (.up, .heartbeat(let heartbeat)): answered(heartbeat)
        case (.up, .changes(let head)): hint(head)
        case (.up, .roleChanged(let leadership)):
            follow(leadership)
            if leadership.role == .master { beat() }
        case (.up, .criticalEvent(let delivery)): receive(delivery)
        case (.up, .acknowledged(let dot, _, let missing)): ownCritical[dot] = missing.isEmpty ? nil : missing.count
        default: break
        }
    }

    private mutating func registered(_ registered: Registered, _ sentAt: UInt64) {
        link = .up
        limits = registered.limits
        pulledTo = nil
        (scanned, isAskDue, isPullDue) = (Position(0), true, true)
        (done, pausedUntil, pushHeldUntil, lastGap) = (0, 0, 0, nil)
        hintedHead = registered.head
        follow(registered.leadership)
        confirmLease(registered.leadership, sentAt: sentAt)
        beatAt = now.milliseconds + limits.heartbeatMilliseconds
        plan(at: beatAt)
    }

    private mutating func receive(_ delivery: Delivery) {
        if delivery.includesEvent {
            deliveredTo = max(deliveredTo, Position(delivery.id.index + 1))
            effects.append(.takeInCritical(attempt: attempt, delivery.id))
        } else if let pulledTo, delivery.id < pulledTo {
            send(.acknowledge(delivery.id, .done))
        } else {
            if !awaited.contains(delivery.id) { awaited.append(delivery.id) }
            hint(Position(delivery.id.index + 1))
        }
    }

    // MARK: - Heartbeats and the lease

    private mutating func answered(_ heartbeat: HubHeartbeat) {
        guard let index = unanswered.firstIndex(where: { $0.id == heartbeat.ref }) else { return }
        let beat = unanswered[index]
        unanswered.removeSubrange(...index)
        hint(heartbeat.head)
        follow(heartbeat.leadership)
        // The hub prolongs a lease for a heartbeat that names its epoch, and for no other: what did not know of the lease has not asked for it.
        if beat.epoch == heartbeat.leadership.epoch { confirmLease(heartbeat.leadership, sentAt: beat.sentAt) }
        let skew = Int64(clamping: heartbeat.wall) - Int64(clamping: now.wall)
        warnings.removeAll { if case .clockSkew = $0 { true } else { false } }
        if skew.magnitude > options.skewMilliseconds { warnings.append(.clockSkew(milliseconds: skew)) }
        // A new token needs a new socket; nothing is under way that would have to be done again.
        if heartbeat.tokenExpiresInMilliseconds <= 2 * limits.heartbeatMilliseconds && exchange == .none {
            isTokenBad = true
            effects.append(.close(attempt: attempt))
            disconnect()
            open()
        }
    }

    /// Takes note of who leads. It never makes this device lead: only an answer to its own message does.
    private mutating func follow(_ leadership: Leadership) {
        heardEpoch = max(heardEpoch, leadership.epoch)
        if leadership.role == .master {
            (promisedEpoch, enrolledRole) = (leadership.epoch, .master)
        } else {
            promisedEpoch = 0
            lease.drop()
            enrolledRole = leadership.role == .client && enrolledRole == .master ? .master : leadership.role
        }
    }

    private mutating func confirmLease(_ leadership: Leadership, sentAt: UInt64) {
        guard leadership.role == .master, options.canLead else { return }
        lease.confirm(leadership.epoch, sentAt: sentAt, leaseMilliseconds: limits.leaseMilliseconds)
        plan(at: lease.until)
    }

    mutating func dropLapsedLease() {
        if lease.epoch > 0 && lease.epoch(at: now.milliseconds) == 0 { lease.drop() }
    }

    mutating func beatWhenDue() {
        guard link != .down, link != .opening else { return }
        guard now.milliseconds < lastHeard + limits.silenceMilliseconds else { return fail(.unreachable) }
        if beatAt <= now.milliseconds {
            beatAt = now.milliseconds + limits.heartbeatMilliseconds
            beat()
        }
        plan(at: min(beatAt, lastHeard + limits.silenceMilliseconds))
    }

    private mutating func beat() {
        guard link == .up else { return }
        heartbeats += 1
        let epoch = max(promisedEpoch, lease.epoch(at: now.milliseconds))
        unanswered.append((heartbeats, epoch, now.milliseconds))
        if unanswered.count > 8 { unanswered.removeFirst() }
        let head = max(answeredHead, hintedHead).index
        send(
            .heartbeat(
                DeviceHeartbeat(
                    id: heartbeats, epoch: epoch,
                    lag: head - min(head, pulledTo?.index ?? 0), pending: local.ownSeq - min(acknowledged, local.ownSeq))))
    }
}
