internal import EventCore
internal import HubStore
internal import ReplicaEngine
internal import SyncCore

/// Calls to the hub: each may be lost, late, twice, and so may its answer.
extension DeviceProcess {
    private static var callMilliseconds: UInt64 { 10_000 }

    /// Sends a call; after ten seconds without an answer it has failed.
    func call(
        _ call: HubCall<PushContents>, _ form: WireForm = .events, failed: @escaping () throws -> Void,
        _ answer: @escaping (HubReply, WireBody, _ rollbacks: Int) throws -> Void
    ) {
        var isOver = false
        func end(_ body: () throws -> Void) throws {
            guard !isOver, isAlive else { return }
            isOver = true
            try body()
        }
        let line = node.line
        world.after(Self.callMilliseconds) { try end(failed) }
        if line.strikes(world.rates.cuts) { world.after(UInt64(1 + line.number(below: 300))) { try end(failed) } }
        let isTwice = line.strikes(world.rates.duplicates)
        for copy in 0..<(isTwice ? 2 : 1) {
            guard let there = line.delay(.up) else { continue }
            world.after(there) { [self] in
                guard let hub = node.hub.process(at: address) else {
                    // Nobody listens: the machine says so.
                    if let back = line.delay(.down) { world.after(back) { try end(failed) } }
                    return
                }
                if copy == 1, case .push = call { world.reach(.requestTwice) }
                try hub.call(call, form) { [self] reply, body in
                    guard copy == 0 else { return }
                    let rollbacks = node.hub.rollbacks
                    guard let back = line.delay(.down) else {
                        if case .push = call { world.reach(.answerLost) }
                        return
                    }
                    world.after(back) { try end { try answer(reply, body, rollbacks) } }
                }
            }
        }
    }

    // MARK: - Signing in

    func signIn(_ attempt: UInt64, _ isRenewing: Bool) throws {
        guard isRenewing || node.token == nil else { return openSocket(attempt) }
        world.reach(.tokenExpired)
        let unreachable = { [self] in try step(.openFailed(attempt: attempt, .unreachable)) }
        call(.challenge(node.id, random: world.secret()), failed: unreachable) { [self] reply, _, _ in
            guard case .challenge(let nonce, _) = reply else { return try refused(attempt, reply) }
            let proof = SessionProof.bytes(workspace: node.hub.workspace, device: node.id, nonce: nonce)
            let signature = WorldCryptography.signature(of: proof, with: node.key)
            let opening = HubCall<PushContents>.openSession(node.id, nonce: nonce, signature: signature, random: world.secret())
            call(opening, failed: unreachable) { [self] reply, _, _ in
                guard case .session(let token, _) = reply else { return try refused(attempt, reply) }
                node.token = token
                openSocket(attempt)
            }
        }
    }

    private func refused(_ attempt: UInt64, _ reply: HubReply) throws {
        guard case .problem(let problem) = reply else { throw Violation(.nothingFailsAlone, "signing in was answered with \(reply)") }
        try step(.openFailed(attempt: attempt, .problem(problem)))
    }

    private func openSocket(_ attempt: UInt64) {
        guard let token = node.token else { return }
        var isOver = false
        func fail(_ failure: Failure) throws {
            guard !isOver, isAlive else { return }
            isOver = true
            try step(.openFailed(attempt: attempt, failure))
        }
        world.after(Self.callMilliseconds) { try fail(.unreachable) }
        guard let there = node.line.delay(.up) else { return }
        world.after(there) { [self] in
            guard isAlive, let hub = node.hub.process(at: address) else { return try fail(.unreachable) }
            try hub.open(token, self, attempt) { [self] reply in
                guard let back = node.line.delay(.down) else { return }
                world.after(back) {
                    if case .problem(let problem) = reply { try fail(.problem(problem)) }
                }
            } accepted: { [self] socket in
                guard let back = node.line.delay(.down) else { return socket.cut() }
                world.after(back) { [self] in
                    guard isAlive, !isOver else { return socket.closeAtDevice() }
                    isOver = true
                    try opened(socket, attempt: attempt)
                }
            }
        }
    }
}
