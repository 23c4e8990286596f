internal import EventCore

/// Push and pull.
extension HubCore {
    // MARK: - Push

    mutating func push(_ request: PushRequest<Log.Batch>, _ token: Secret?) throws(Problem) -> PushAnswer {
        let pusher = try caller(.push, token, events: request.eventCount)
        guard request.byteCount <= limits.bodyBytes else { throw Problem(.tooLarge) }
        guard request.eventCount <= limits.events else { throw Problem(.tooManyEvents) }
        guard hasRoom(for: request) else { throw Problem(.quotaExceeded, retryAfterMilliseconds: limits.quotaRetryMilliseconds) }
        noteForgottenEpochs(in: request.batch, by: pusher)
        let (rules, signed, forked) = try rules(for: request.chains, by: pusher)
        let admission: Admission
        do throws(HubLogError) { admission = try log.admit(request.batch, under: rules) } catch {
            guard case .gap(let expected) = error else {
                stop()
                throw Problem(.unavailable)
            }
            throw Problem(.gap, expected: expected)
        }
        if admission.isChanged { touchLog() }
        noteWhoSigned(admission, signed, by: pusher.id)
        if !admission.accepted.isEmpty {
            note(admission.critical)
            tellOfNews()
        }
        return PushAnswer(runs: admission.runs, ackedThrough: log.applied, head: log.end, forked: forked)
    }

    /// Whether the workspace's log stays within its quota, as far as that can be told before: events take about as many bytes in it as in a push. Who only asks needs no room.
    private func hasRoom(for request: PushRequest<Log.Batch>) -> Bool {
        guard let quota = limits.quotaBytes, request.eventCount > 0 else { return true }
        return log.byteCount + UInt64(request.byteCount) <= quota
    }

    /// Who wrote under an epoch had been granted it. Where this hub does not know of it, it was put back to an older copy since.
    private mutating func noteForgottenEpochs(in batch: Log.Batch, by pusher: EnrolledDevice) {
        let rules = rules(by: pusher)
        let forgotten = log.epochs(in: batch).filter { rules.mayHaveLed($0.key) && state.grants.mayHaveForgotten($0.value) }
        if let newest = forgotten.values.max() { passOverForgottenEpochs(knowing: newest) }
    }

    /// What holds whatever chains are pushed.
    private func rules(by pusher: EnrolledDevice) -> AdmissionRules {
        AdmissionRules(grants: state.grants, devices: state.devices, believesStrangers: pusher.role == .master)
    }

    /// Compares the pusher's chains with the log's, and checks what is signed.
    private mutating func rules(
        for chains: [SignedHead], by pusher: EnrolledDevice
    ) throws(Problem) -> (AdmissionRules, signed: [DeviceID: SignedHead], forked: [DeviceID]) {
        var rules = rules(by: pusher)
        var signed: [DeviceID: SignedHead] = [:]
        var forked: [DeviceID] = []
        for chain in chains {
            let device = chain.head.dot.device
            guard rules.refused[device] == nil else { continue }
            switch try reading({ (log) throws(HubLogError) in try log.agreement(with: chain.head) }) {
            case .other:
                forked.append(device)
                rules.refused[device] = .fork
                continue
            case .same: break
            case .beyond: rules.claims.append(chain.head)
            }
            guard let signature = chain.signature, let known = state.devices[device] else { continue }
            guard Crypto.isSignature(signature, of: chain.head.signedBytes(workspace: workspace.bytes), by: known.publicKey) else {
                rules.refused[device] = .signatureInvalid
                continue
            }
            if chain.head.dot.seq >= signed[device]?.head.dot.seq ?? 0 { signed[device] = chain }
        }
        return (rules, signed, forked)
    }

    /// Keeps new signatures, and who vouched for what came without one.
    private mutating func noteWhoSigned(_ admission: Admission, _ signed: [DeviceID: SignedHead], by pusher: DeviceID) {
        for (device, head) in signed.sorted(by: { $0.key < $1.key }) {
            let isNewer = head.head.dot.seq > state.signedHeads[device]?.head.dot.seq ?? 0
            if isNewer && log.applied.covers(head.head.dot) { keep(.signedHead(head)) }
        }
        for run in admission.accepted where (state.signedHeads[run.device]?.head.dot.seq ?? 0) < run.seqs.upperBound {
            let first = max(run.seqs.lowerBound, (state.signedHeads[run.device]?.head.dot.seq ?? 0) + 1)
            keep(.vouched(DeviceRun(device: run.device, seqs: first...run.seqs.upperBound), by: pusher))
        }
    }

    /// Wakes those who wait for news, and hints to those who are connected.
    private mutating func tellOfNews() {
        for (request, wait) in waits.sorted(by: { $0.key < $1.key }) { finish(request, wait) }
        for session in sessions.all where session.isRegistered && !session.queue.hasHint {
            send(.changes(head: log.end), to: session.connection)
        }
    }

    // MARK: - Pull

    /// - Returns: nil when it waits for news.
    mutating func pull(_ pull: PullRequest, _ token: Secret?, _ request: RequestID) throws(Problem) -> PullAnswer? {
        let device = try caller(.pull, token)
        let start = try position(of: pull.cursor)
        let from =
            pull.known.entries.isEmpty
            ? start : try reading { (log) throws(HubLogError) in try log.firstPosition(from: start, beyond: pull.known) }
        let limit = min(pull.limit ?? limits.events, limits.events)
        guard limit > 0 else { throw Problem(.malformed) }
        let waiting = waits.values.count { $0.device == device.id }
        guard start == log.end, pull.waitMilliseconds > 0, waiting < limits.waitsPerDevice else { return try page(from, limit) }
        let until = now.milliseconds + min(pull.waitMilliseconds, limits.waitMilliseconds)
        waits[request] = Wait(device: device.id, from: from, limit: limit, until: until)
        plan(at: until)
        return nil
    }

    private mutating func position(of bytes: [UInt8]?) throws(Problem) -> Position {
        guard let bytes else { return Position(0) }
        guard let cursor = Cursor(bytes: bytes), cursor.log == log.id else { throw Problem(.cursorUnrecoverable) }
        guard try reading({ (log) throws(HubLogError) in try log.digest(at: cursor.position) }) == cursor.digest else {
            // The log had more, or something else, when it gave the cursor away.
            passOverForgottenEpochs()
            throw Problem(.cursorUnrecoverable)
        }
        return cursor.position
    }

    private mutating func page(_ from: Position, _ limit: Int) throws(Problem) -> PullAnswer {
        let end = min(log.end, Position(from.index + UInt64(limit)))
        guard let digest = try reading({ (log) throws(HubLogError) in try log.digest(at: end) }) else {
            preconditionFailure("a log has a digest at each position up to its end")
        }
        let chains = log.heads.map { head in
            SignedHead(head: head, signature: state.signedHeads[head.dot.device].flatMap { $0.head == head ? $0.signature : nil })
        }
        return PullAnswer(
            positions: from..<end, cursor: Cursor(log: log.id, position: end, digest: digest), head: log.end, chains: chains)
    }

    private mutating func finish(_ request: RequestID, _ wait: Wait) {
        waits[request] = nil
        guard let answer = try? page(wait.from, wait.limit) else { return }
        emitDurably(.reply(request, .pulled(answer)))
    }

    /// Answers those who have waited long enough.
    mutating func endWaits() {
        let due = waits.filter { $0.value.until <= now.milliseconds }
        for (request, wait) in due.sorted(by: { $0.key < $1.key }) { finish(request, wait) }
    }
}
