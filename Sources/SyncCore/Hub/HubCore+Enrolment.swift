internal import EventCore

/// Codes, keys, tokens, revocation.
extension HubCore {
    /// Repeating it with the same code and key, as when the answer was lost, gives another token; what the device wrote in between it wrote before it joined.
    mutating func enrol(_ enrolment: Enrolment, _ random: Secret) throws(Problem) -> HubReply {
        try spendAsStranger()
        let hash = Crypto.sha256(enrolment.code.bytes)
        guard let code = state.codes[hash] else { throw Problem(.codeInvalid) }
        guard code.expiresAt > now.wall else { throw Problem(.codeExpired) }
        guard code.spentBy == nil || code.spentBy == enrolment.device else { throw Problem(.codeSpent) }
        guard enrolment.publicKey.count == 32 else { throw Problem(.malformed) }
        if let known = state.devices[enrolment.device] {
            guard known.revokedAt == nil else { throw Problem(.revoked) }
            guard known.publicKey == enrolment.publicKey else { throw Problem(.deviceTaken) }
        }
        guard try reading({ (log) throws(HubLogError) in try log.agreement(with: enrolment.chain) }) != .other else {
            throw Problem(.fork)
        }
        let known = state.devices[enrolment.device]
        let seq = max(enrolment.chain.dot.seq, log.applied[enrolment.device], known?.seqAtEnrolment ?? 0)
        if code.spentBy == nil {
            keep(.codeSpent(hash, by: enrolment.device))
            keep(
                .enrolled(
                    EnrolledDevice(
                        id: enrolment.device, name: enrolment.name, role: code.role, publicKey: enrolment.publicKey,
                        enrolledAt: known?.enrolledAt ?? log.end, seqAtEnrolment: seq, formerly: enrolment.formerly)))
        } else if var known, seq > known.seqAtEnrolment ?? .max {
            known.seqAtEnrolment = seq
            keep(.enrolled(known))
        }
        let expires = issueToken(random, for: enrolment.device)
        return .enrolled(workspace, state.devices[enrolment.device]?.role ?? code.role, token: random, expiresInMilliseconds: expires)
    }

    /// A nonce, which is worth something once and for a minute.
    mutating func challenge(_ device: DeviceID, _ random: Secret) throws(Problem) -> HubReply {
        try spendAsStranger()
        try checkSigningIn(.challenge, device)
        var open = challenges[device, default: []].filter { $0.expiresAt > now.milliseconds }
        if open.count >= Self.openChallenges { open.removeFirst() }
        open.append((Crypto.sha256(random.bytes), now.milliseconds + limits.nonceMilliseconds))
        challenges[device] = open
        return .challenge(nonce: random, expiresInMilliseconds: limits.nonceMilliseconds)
    }

    private static var openChallenges: Int { 8 }

    /// A nonce that is used up may have been so by this very call, delivered twice: the device asks for another. A wrong key stays wrong.
    mutating func openSession(
        _ device: DeviceID, _ nonce: Secret, _ signature: [UInt8], _ random: Secret
    ) throws(Problem) -> HubReply {
        try spendAsStranger()
        try checkSigningIn(.openSession, device)
        let hash = Crypto.sha256(nonce.bytes)
        guard let index = challenges[device]?.firstIndex(where: { $0.nonce == hash }),
            let challenge = challenges[device]?.remove(at: index), challenge.expiresAt > now.milliseconds
        else { throw Problem(.challengeInvalid) }
        let proof = SessionProof.bytes(workspace: workspace, device: device, nonce: nonce)
        guard let key = state.devices[device]?.publicKey, Crypto.isSignature(signature, of: proof, by: key) else {
            throw Problem(.signatureInvalid)
        }
        return .session(token: random, expiresInMilliseconds: issueToken(random, for: device))
    }

    private func checkSigningIn(_ action: Action, _ device: DeviceID) throws(Problem) {
        let caller = state.devices[device].map { self.caller($0, epoch: 0, isRegistered: false) } ?? Caller.nobody
        if let code = Access.problem(with: action, by: caller) { throw Problem(code) }
    }

    private mutating func issueToken(_ secret: Secret, for device: DeviceID) -> UInt64 {
        keep(.tokenIssued(Crypto.sha256(secret.bytes), device, expiresAt: now.wall + limits.tokenMilliseconds))
        return limits.tokenMilliseconds
    }

    /// Effective at once: the device's sockets and waiting pulls end in this step. Its events stay, and are still taken from others.
    mutating func revoke(_ device: DeviceID) throws(Problem) -> Position {
        guard let known = state.devices[device] else { throw Problem(.notFound) }
        if let position = known.revokedAt { return position }
        let closing = state.sortedCritical.filter { $0.pending.contains(device) }.map(\.event.position)
        keep(.revoked(device, at: log.end))
        challenges[device] = nil
        for session in sessions.all where session.device == device { close(session.connection, .revoked) }
        for (request, wait) in waits.sorted(by: { $0.key < $1.key }) where wait.device == device {
            waits[request] = nil
            emit(.reply(request, .problem(Problem(.revoked))))
        }
        for delivery in closing { tellWriter(of: delivery) }
        return log.end
    }
}
