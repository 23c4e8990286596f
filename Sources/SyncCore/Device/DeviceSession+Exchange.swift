internal import EventCore

/// Asking, pushing, pulling, taking in: one at a time.
extension DeviceSession {
    /// Begins the next call, when none is under way and there is something to do.
    mutating func exchangeNext() {
        guard link == .up, exchange == .none, halt == nil, now.milliseconds >= pausedUntil else { return }
        if isAskDue && canPush {
            exchange = .asking
            return push(limitEvents: 0)
        }
        isAskDue = false
        let wantsPull = isPullDue || pulledTo.map { $0 < max(answeredHead, hintedHead) } ?? true
        let wantsPush = canPush && scanned < local.end && now.milliseconds >= pushHeldUntil
        if wantsPull && (isPullNext || !wantsPush) {
            (exchange, isPullNext, newHints) = (.pulling, false, Position(0))
            let limit = min(options.pullEvents, limits.events)
            effects.append(
                .pull(attempt: attempt, cursor: cursor, limit: limit, asEvents: pulledTo ?? Position(0) < eventsTo))
        } else if wantsPush {
            (exchange, isPullNext) = (.pushing, true)
            push(limitEvents: pushSize.share(of: min(pushEvents, limits.events)))
        } else {
            done = 0
        }
    }

    private mutating func push(limitEvents: Int) {
        pushedAt = now.milliseconds
        // Where a push was too large, for the hub or for the line, both limits shrink.
        let limitBytes = min(options.pushBytes, limits.bodyBytes) * limitEvents / max(1, options.pushEvents)
        effects.append(
            .push(
                attempt: attempt,
                PushOrder(from: scanned, lacking: acked, limitEvents: limitEvents, limitBytes: max(limitBytes, limitEvents > 0 ? 1 : 0))))
    }

    // MARK: - Push

    mutating func pushed(_ result: PushResult) {
        let wasAsking = exchange == .asking
        guard wasAsking || exchange == .pushing else { return }
        exchange = .none
        let answer = result.answer
        if answer.head < answeredHead || !acked.isCovered(by: answer.ackedThrough) {
            beginAnew()
            // What it was told of is not all that it lacks.
            guard wasAsking else { return }
        }
        acked = answer.ackedThrough
        acknowledged = acked[options.device]
        answeredHead = answer.head
        noteForks(answer.forked)
        if wasAsking {
            isAskDue = false
            if acknowledged > local.ownSeq { warn(.writtenElsewhere(acknowledged)) }
        } else {
            precondition(result.scannedTo > scanned)
            (lastGap, isHubFull) = (nil, false)
            scanned = result.scannedTo
            done += UInt64(result.events.reduce(0) { $0 + $1.seqs.count })
            // One that left something behind was as large as it might be.
            if scanned < local.end && now.milliseconds - pushedAt < limits.bodyMilliseconds / 4 { pushSize.grow() }
        }
        noteVerdicts(result)
        succeeded()
    }

    /// What did not get through was too much for the line, perhaps: less goes up next time. Where the hub says so, that is now.
    mutating func pushFailed(_ failure: Failure) {
        var isTooSlow = false
        if case .problem(let problem) = failure { isTooSlow = problem.code == .slowBody }
        guard exchange == .pushing, isTooSlow || failure == .unreachable, pushSize.shrink() else { return fail(failure) }
        guard isTooSlow else { return fail(failure) }
        exchange = .none
    }

    /// A call was answered: what failed before is over.
    private mutating func succeeded() {
        lastProblem = nil
        backoff.reset()
    }

    /// The hub's head has moved, it says.
    mutating func hint(_ head: Position) {
        hintedHead = max(hintedHead, head)
        newHints = max(newHints, head)
    }

    private mutating func noteForks(_ forked: [DeviceID]) {
        for device in forked {
            if device == options.device { block(.fork(device)) } else { warn(.foreignFork(device)) }
        }
    }

    private mutating func noteVerdicts(_ result: PushResult) {
        var runs = result.events[...]
        var used: UInt64 = 0
        for verdict in result.answer.runs {
            var left = UInt64(verdict.count)
            while left > 0, let run = runs.first {
                let first = run.seqs.lowerBound + used
                let count = min(left, run.seqs.upperBound - first + 1)
                if case .rejected(let code) = verdict.verdict {
                    for seq in first..<(first + count) { reject(Dot(device: run.device, seq: seq), code) }
                }
                left -= count
                used += count
                if first + count > run.seqs.upperBound { (runs, used) = (runs.dropFirst(), 0) }
            }
        }
        rejected = rejected.filter { !acked.covers($0.key) }
    }

    private mutating func reject(_ dot: Dot, _ code: ProblemCode) {
        rejected[dot] = code
        guard code == .fork else { return }
        if dot.device == options.device { block(.fork(dot.device)) } else { warn(.foreignFork(dot.device)) }
    }

    mutating func warn(_ warning: SyncWarning) {
        if !warnings.contains(warning) { warnings.append(warning) }
    }

    // MARK: - Pull

    mutating func pulled(_ page: PulledPage) {
        guard exchange == .pulling else { return }
        let isRolledBack = page.head < answeredHead
        answeredHead = page.head
        if isRolledBack {
            exchange = .none
            return beginAnew()
        }
        exchange = .takingIn(page)
        if page.eventCount == 0 { return finish(page) }
        effects.append(.takeIn(attempt: attempt))
    }

    mutating func tookIn(_ taken: TakenIn) {
        guard case .takingIn(let page) = exchange else { return }
        for dot in taken.refused where !refusedHere.contains(dot) { refusedHere.append(dot) }
        // Perhaps it builds on what a twin of this device wrote: the hub compares the chains.
        if !taken.refused.isEmpty && canPush { isAskDue = true }
        guard !taken.forked.contains(options.device) else { return block(.fork(options.device)) }
        noteForks(taken.forked)
        done += page.eventCount
        finish(page)
    }

    /// The page comes once more as events, as a call of its own: what limits calls may let just one through at a time.
    mutating func unfit() {
        guard case .takingIn(let page) = exchange else { return }
        (exchange, isPullDue, isPullNext, eventsTo) = (.none, true, true, page.position)
    }

    /// The events before the page's end are durable and folded.
    private mutating func finish(_ page: PulledPage) {
        exchange = .none
        if cursor != page.cursor {
            cursor = page.cursor
            effects.append(.saveCursor(page.cursor))
        }
        pulledTo = page.position
        hintedHead = max(newHints, page.head)
        isPullDue = false
        acked.join(page.covers)
        acknowledged = acked[options.device]
        succeeded()
        for delivery in awaited where delivery < page.position { send(.acknowledge(delivery, .done)) }
        awaited.removeAll { $0 < page.position }
    }

    /// The hub is not where it was: it lost what it had, or another log took its place. Nothing here is thrown away; everything is compared once more.
    mutating func beginAnew() {
        warn(.hubRolledBack)
        if cursor != nil {
            cursor = nil
            effects.append(.saveCursor(nil))
        }
        (acked, scanned, isAskDue, isPullDue, isPullNext) = (VersionVector(), Position(0), true, true, true)
        (pulledTo, answeredHead, hintedHead, newHints) = (nil, Position(0), Position(0), Position(0))
        (deliveredTo, eventsTo) = (Position(0), Position(0))
        rejected = [:]
    }
}
