internal import EventCore
internal import HubStore
internal import ReplicaEngine
internal import SyncCore

/// Calls to the hub: each may be lost, late, twice, and so may its answer.
extension DeviceProcess {
    private static var callMilliseconds: UInt64 { 10_000 }

    /// Sends a call; after ten seconds without an answer it has failed.
    private func call(
        _ call: HubCall<PushContents>, failed: @escaping () throws -> Void,
        _ answer: @escaping (HubReply, [UInt8], _ rollbacks: Int) throws -> Void
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
                guard let hub = node.hub.process else {
                    // Nobody listens: the machine says so.
                    if let back = line.delay(.down) { world.after(back) { try end(failed) } }
                    return
                }
                if copy == 1, case .push = call { world.reach(.requestTwice) }
                try hub.call(call) { [self] reply, body in
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
            guard isAlive, let hub = node.hub.process else { return try fail(.unreachable) }
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

    // MARK: - Push and pull

    func push(_ attempt: UInt64, _ order: PushOrder) throws {
        guard let token = node.token else { return }
        guard let batch = try onDisk({ () throws(ReplicaError) in try replica.pushBatch(order, chain: progress.chain) }) else { return }
        let signature = WorldCryptography.signature(of: batch.after.signedBytes(workspace: node.hub.workspace.bytes), with: node.key)
        let chains = [SignedHead(head: batch.before, signature: nil), SignedHead(head: batch.after, signature: signature)]
        let body = EventBlocks.bytes(of: batch.events)
        let request = PushRequest(
            batch: PushContents.events(try EventBlocks.events(in: body, limit: batch.events.count)), eventCount: batch.events.count,
            byteCount: body.count,
            chains: chains.filter { $0.head.dot.seq > 0 })
        world.note("\(node.name) pushes \(batch.events.map(\.dot))")
        call(.push(request, token: token), failed: { [self] in try step(.pushFailed(attempt: attempt, .unreachable)) }) {
            [self] reply, _, rollbacks in
            switch reply {
            case .pushed(let answer):
                if rollbacks == node.hub.rollbacks { try node.hub.told(answer.ackedThrough) }
                progress.chain = batch.after
                progress.ackedThrough = answer.ackedThrough
                try step(
                    .pushed(attempt: attempt, PushResult(answer: answer, events: batch.runs, scannedTo: batch.scannedTo)))
            case .problem(let problem):
                world.noticed(problem.code)
                try step(.pushFailed(attempt: attempt, .problem(problem)))
            default: throw Violation(.nothingFailsAlone, "a push was answered with \(reply)")
            }
        }
    }

    func pull(_ attempt: UInt64, _ cursor: [UInt8]?, _ limit: Int) {
        guard let token = node.token else { return }
        let request = PullRequest(cursor: cursor, limit: limit)
        call(.pull(request, token: token), failed: { [self] in try step(.pullFailed(attempt: attempt, .unreachable)) }) {
            [self] reply, body, rollbacks in
            switch reply {
            case .pulled(let answer):
                // A call of an attempt that is over may be answered when the next one's page is being taken in.
                guard attempt >= page.attempt else { return }
                let events = try EventBlocks.events(in: body, limit: limit)
                page = (attempt, events, rollbacks)
                let end = Position(answer.positions.lowerBound.index + UInt64(events.count))
                guard end == answer.positions.upperBound else {
                    throw Violation(.nothingFailsAlone, "a page of \(answer.positions) has \(events.count) events")
                }
                try step(
                    .pulled(
                        attempt: attempt,
                        PulledPage(
                            cursor: answer.cursor.bytes, position: end, head: answer.head, eventCount: UInt64(events.count),
                            covers: VersionVector(events.map(\.dot)))))
            case .problem(let problem):
                world.noticed(problem.code)
                try step(.pullFailed(attempt: attempt, .problem(problem)))
            default: throw Violation(.nothingFailsAlone, "a pull was answered with \(reply)")
            }
        }
    }
}
