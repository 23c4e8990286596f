internal import EventCore
internal import HubStore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// Push and pull, in the form that the device speaks, and taking in.
extension DeviceProcess {
    /// A page, of which attempt it is, and how often the hub had been put back when it gave it.
    struct Page {
        let attempt: UInt64
        let contents: WireContents
        let rollbacks: Int
    }

    // MARK: - Push

    func push(_ attempt: UInt64, _ order: PushOrder) throws {
        guard node.plan.speaks == .blocks, order.limitEvents > 0 else { return try pushEvents(attempt, order) }
        let found = try onDisk { () throws(ReplicaError) in try replica.pushedBlocks(order, chain: progress.chain) }
        guard let found else { return }
        guard let blocks = found else { return try pushEvents(attempt, order) }
        try push(attempt, order, blocks)
    }

    private func pushEvents(_ attempt: UInt64, _ order: PushOrder) throws {
        guard let batch = try onDisk({ () throws(ReplicaError) in try replica.pushBatch(order, chain: progress.chain) }) else { return }
        let body = WireBody(batch.events, isJSON: node.plan.speaks == .json)
        let events = try body.events(limit: batch.events.count)
        world.note("\(node.name) pushes \(batch.events.map(\.dot))")
        push(attempt, .events(events), events.count, body, [batch.before], batch.after) { [self] answer in
            progress.chain = batch.after
            try step(.pushed(attempt: attempt, PushResult(answer: answer, events: batch.runs, scannedTo: batch.scannedTo)))
        }
    }

    /// Packed blocks as they lie; what the hub does not take goes as events.
    private func push(_ attempt: UInt64, _ order: PushOrder, _ blocks: PushedBlocks) throws {
        let body = WireBody(blocks: blocks.run.bytes)
        guard case .blocks(let contents) = try WireContents(body, limit: 0) else { return }
        var dots: [Dot] = []
        try node.machine.volume.undisturbed { try replica.dots(from: blocks.start, upTo: blocks.run.end) { _, dot in dots.append(dot) } }
        world.note("\(node.name) pushes blocks of \(dots)")
        push(attempt, .blocks(contents), dots.count, body, [blocks.before] + blocks.chain.dropLast(), blocks.chain.last ?? blocks.before) {
            [self] answer in
            let count = answer.runs.reduce(0) { $0 + $1.count }
            guard count > 0 else {
                world.reach(.blocksNotTaken)
                // Where calls are limited a second one in a row may be one too many, each time.
                return world.after(1_000) { [self] in if isAlive { try pushEvents(attempt, order) } }
            }
            world.reach(.blocksPushed)
            if count == dots.count { progress.chain = blocks.chain.last ?? blocks.before }
            let result = PushResult(
                answer: answer, events: dots.prefix(count).map { DeviceRun(device: $0.device, seqs: $0.seq...$0.seq) },
                scannedTo: Position(blocks.start.index + UInt64(count)))
            try step(.pushed(attempt: attempt, result))
        }
    }

    /// - Parameter after: the own chain's head behind all that is pushed, which is signed.
    private func push(
        _ attempt: UInt64, _ contents: PushContents, _ count: Int, _ body: WireBody, _ before: [ChainHead], _ after: ChainHead,
        _ pushed: @escaping (PushAnswer) throws -> Void
    ) {
        guard let token = node.token else { return }
        let signature = WorldCryptography.signature(of: after.signedBytes(workspace: node.hub.workspace.bytes), with: node.key)
        let chains = before.map { SignedHead(head: $0, signature: nil) } + [SignedHead(head: after, signature: signature)]
        let request = PushRequest(
            batch: contents, eventCount: count, byteCount: body.bytes.count, chains: chains.filter { $0.head.dot.seq > 0 })
        call(.push(request, token: token), failed: { [self] in try step(.pushFailed(attempt: attempt, .unreachable)) }) {
            [self] reply, _, rollbacks in
            switch reply {
            case .pushed(let answer):
                if rollbacks == node.hub.rollbacks { try node.hub.told(answer.ackedThrough) }
                progress.ackedThrough = answer.ackedThrough
                try pushed(answer)
            case .problem(let problem):
                world.noticed(problem.code)
                try step(.pushFailed(attempt: attempt, .problem(problem)))
            default: throw Violation(.nothingFailsAlone, "a push was answered with \(reply)")
            }
        }
    }

    // MARK: - Pull

    func pull(_ attempt: UInt64, _ cursor: [UInt8]?, _ limit: Int, _ form: WireForm) {
        guard let token = node.token else { return }
        let known = VersionVector([Dot(device: replica.device, seq: replica.versionVector[replica.device])].filter { $0.seq > 0 })
        let request = PullRequest(cursor: cursor, known: known, limit: limit)
        call(.pull(request, token: token), form, failed: { [self] in try step(.pullFailed(attempt: attempt, .unreachable)) }) {
            [self] reply, body, rollbacks in
            switch reply {
            case .pulled(let answer): try pulled(attempt, answer, body, limit, rollbacks)
            case .problem(let problem):
                world.noticed(problem.code)
                try step(.pullFailed(attempt: attempt, .problem(problem)))
            default: throw Violation(.nothingFailsAlone, "a pull was answered with \(reply)")
            }
        }
    }

    private func pulled(_ attempt: UInt64, _ answer: PullAnswer, _ body: WireBody, _ limit: Int, _ rollbacks: Int) throws {
        // A call of an attempt that is over may be answered when the next one's page is being taken in.
        guard attempt >= page?.attempt ?? 0 else { return }
        let contents = try WireContents(body, limit: limit)
        world.note("\(node.name) gets \(answer.positions.lowerBound.index)..<\(answer.positions.upperBound.index) as \(body.form)")
        guard UInt64(contents.count) == answer.positions.upperBound.index - answer.positions.lowerBound.index else {
            throw Violation(.nothingFailsAlone, "a page of \(answer.positions) has \(contents.count) events")
        }
        if body.form == .json && contents.count > 0 { world.reach(.jsonPulled) }
        page = Page(attempt: attempt, contents: contents, rollbacks: rollbacks)
        try step(
            .pulled(
                attempt: attempt,
                PulledPage(
                    cursor: answer.cursor.bytes, position: answer.positions.upperBound, head: answer.head,
                    eventCount: UInt64(contents.count), covers: contents.covers)))
    }

    // MARK: - Taking in

    func takeInPage(_ attempt: UInt64) throws {
        guard let page, page.attempt == attempt else { return }
        switch page.contents {
        case .events(let events):
            guard let taken = try takeIn(events) else { return }
            try step(.tookIn(attempt: attempt, taken))
        case .blocks(let body):
            guard let isFit = try takeIn(body) else { return }
            guard !isFit else {
                world.reach(.blocksPulled)
                return try step(.tookIn(attempt: attempt, TakenIn(log: replica.localLog)))
            }
            world.reach(.blocksUnfit)
            try step(.unfit(attempt: attempt, replica.localLog))
        }
    }

    /// Takes blocks in as they lie.
    ///
    /// - Returns: whether all of them fitted; nil when the process ended over it.
    private func takeIn(_ body: BlocksBody) throws -> Bool? {
        let start = replica.end
        let count = try onDisk { () throws(ReplicaError) in try replica.takeIn(body, BlockIntake(replica)) }
        guard let count else { return nil }
        try node.machine.volume.undisturbed {
            var events: [Event] = []
            try replica.events(from: start) { (logged) throws(ReplicaError) in
                events.append(logged.event)
                return true
            }
            for event in events { try world.registry.recognize(event, at: node.name) }
        }
        try enter()
        return count != nil
    }

    /// Makes events durable and folds them; nil when the process ended over it.
    func takeIn(_ events: [Event]) throws -> TakenIn? {
        for event in events { try world.registry.recognize(event, at: node.name) }
        guard let (taken, _) = try onDisk({ () throws(ReplicaError) in try replica.takeIn(events) }) else { return nil }
        guard taken.refused.isEmpty || world.registry.forkable.contains(node.id) else {
            throw Violation(.liesAreRefused, "\(node.name) was handed \(taken.refused), which it refuses")
        }
        node.refused.formUnion(taken.refused)
        try enter()
        // Of a page of another history than its own it keeps what it can.
        let lost = taken.forked.contains(node.id)
        let waiting =
            lost
            ? [] : events.map(\.dot).filter { !node.ledger.has($0) && !taken.forked.contains($0.device) && !taken.refused.contains($0) }
        if !waiting.isEmpty { world.reach(.eventWaited) }
        node.ledger.wait(waiting)
        return taken
    }
}
