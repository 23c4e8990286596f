import EventCore
import EventSamples
import SyncCore
import Testing

/// The device's session, step by step: what each answer makes of its state, and what a person is told to do.
struct DeviceSessionTests {
    @Test func `it asks, pulls, pushes what the hub has not, in bounded batches, and says so`() {
        var driver = DeviceDriver()
        #expect(driver.session.leaseEpoch(now: .at(0)) == 0)
        driver.step(.wrote(LocalLog(end: Position(12_000), ownSeq: 12_000)))
        #expect(driver.state == .stopped && driver.status?.advice == .startSync)
        driver.step(.start)
        #expect(driver.state == .connecting)
        driver.register(head: 3)
        #expect(driver.order?.limitEvents == 0 && !driver.isPulling)
        driver.answer(2_000, head: 3)
        #expect(driver.isPulling && driver.order == nil)
        driver.page(3, head: 3, events: 3)
        #expect(driver.effects.contains(.takeIn(attempt: driver.attempt)))
        // The cursor is saved when the events are durable, and no earlier.
        #expect(!driver.effects.contains(.saveCursor([1])))
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(12_003), ownSeq: 12_000))))
        #expect(driver.effects.first == .saveCursor([1]))
        let order = driver.order
        #expect(order?.limitEvents == 5_000 && order?.lacking[.sample(1)] == 2_000 && order?.from == Position(0))
        #expect(driver.state == .syncing(done: 3, total: 3 + 10_000))
        driver.answer(
            7_000, head: 5_003, events: [DeviceRun(device: .sample(1), seqs: 2_001...7_000)],
            [VerdictRun(.accepted(Position(3)), count: 5_000)], scannedTo: 7_000)
        #expect(driver.isPulling)
    }

    @Test func `states, and what each tells a person to do`() {
        let rows: [(Failure, SyncState, Advice)] = [
            (.unreachable, .offline(sinceWall: ClockReading.at(0).wall), .checkNetwork),
            (.problem(Problem(.unavailable)), .error(.unavailable), .askOperator),
            (.problem(Problem(.malformed)), .error(.malformed), .upgrade),
            (.problem(Problem(.slowReader)), .error(.slowReader), .slowDown),
            (.problem(Problem(.revoked)), .blocked(.revoked), .askOperator),
            (.problem(Problem(.fork)), .blocked(.fork(.sample(1))), .mendFork),
            // The call that used the nonce up may have been this very one, delivered twice.
            (.problem(Problem(.challengeInvalid)), .error(.challengeInvalid), .wait),
            (.problem(Problem(.signatureInvalid)), .blocked(.notEnrolled(.signatureInvalid)), .rejoin),
            (.problem(Problem(.notFound)), .blocked(.notEnrolled(.notFound)), .rejoin),
        ]
        for (failure, state, advice) in rows {
            var driver = DeviceDriver()
            driver.connect()
            driver.settle()
            #expect(driver.state == .connected)
            driver.step(.closed(attempt: driver.attempt, failure))
            #expect(driver.state == state && driver.status?.advice == advice, "\(failure): \(String(describing: driver.status))")
            // What is blocked is not tried again by itself.
            let isTried = if case .blocked = state { false } else { true }
            driver.time += 60_000
            driver.step(.tick)
            #expect((driver.state == .connecting) == isTried, "\(failure)")
        }
    }

    @Test func `it tries again within 30 seconds, the addresses by turns, and at once when the network returns`() {
        var driver = DeviceDriver(hubs: 3)
        driver.step(.start)
        for failures in 0..<12 as Range<UInt64> {
            driver.step(.openFailed(attempt: driver.attempt, .unreachable), random: .max / 2 + failures * 7_919)
            let wake = driver.wake ?? .max
            #expect(wake - driver.time <= min(30_000, 500 << failures))
            driver.time = wake
            driver.step(.tick)
        }
        #expect(driver.hubs == (0...12).map { $0 % 3 })
        driver.step(.openFailed(attempt: driver.attempt, .unreachable), random: 29_999)
        #expect(driver.state == .offline(sinceWall: nil))
        driver.step(.networkReturned)
        #expect(driver.state == .connecting)
    }

    @Test func `what is of an earlier attempt is passed over`() {
        var driver = DeviceDriver()
        driver.connect()
        let old = driver.attempt
        driver.step(.closed(attempt: old, .unreachable))
        driver.time += 1_000
        driver.step(.tick)
        driver.register()
        let before = driver.status
        driver.step(.pushFailed(attempt: old, .problem(Problem(.revoked))))
        driver.step(.received(attempt: old, .error(Problem(.revoked))))
        #expect(driver.status == before)
    }

    @Test func `a token that has expired is renewed at once, and not over and over`() {
        var driver = DeviceDriver()
        driver.connect()
        driver.step(.closed(attempt: driver.attempt, .problem(Problem(.tokenExpired))))
        #expect(driver.effects.contains(.open(attempt: driver.attempt, hub: 0, renewingToken: true)))
        driver.step(.openFailed(attempt: driver.attempt, .problem(Problem(.tokenExpired))), random: 400)
        #expect(driver.state == .error(.tokenExpired))
        driver.step(.tick)
        #expect(driver.wake == driver.time + 400)
    }

    @Test func `after a gap it asks anew and looks through its log from the beginning; the same gap again waits`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(9), ownSeq: 9)))
        driver.connect()
        driver.answer(5, head: 0)
        driver.page(0, head: 0, events: 0)
        #expect(driver.order?.lacking[.sample(1)] == 5)
        let expected = Dot(device: .sample(1), seq: 3)
        driver.fail(.gap, expected: expected)
        #expect(driver.order?.limitEvents == 0)
        driver.answer(2, head: 0)
        driver.page(0, head: 0, events: 0)
        #expect(driver.order?.lacking[.sample(1)] == 2)
        driver.fail(.gap, expected: expected)
        #expect(driver.state == .error(.gap))
    }

    @Test func `a rejected event blocks with its reason, and everything else goes on`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(9), ownSeq: 9)))
        driver.connect()
        driver.answer(3, head: 3)
        driver.page(3, head: 3, events: 0)
        driver.answer(
            4, head: 4, events: [DeviceRun(device: .sample(1), seqs: 4...6), DeviceRun(device: .sample(1), seqs: 7...9)],
            [VerdictRun(.accepted(Position(3))), VerdictRun(.rejected(.contextUnclosed)), VerdictRun(.parked, count: 4)], scannedTo: 9)
        #expect(driver.isPulling)
        driver.page(4, head: 4, events: 1)
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(9), ownSeq: 9))))
        let dot = Dot(device: .sample(1), seq: 5)
        #expect(driver.state == .blocked(.rejected(dot, .contextUnclosed)) && driver.status?.advice == .mendRejected)
        #expect(driver.session.rejectedEvents.map(\.dot) == [dot] && driver.status?.pending == 5)
        // New writes go out, the rejected one does not stop them.
        driver.step(.wrote(LocalLog(end: Position(10), ownSeq: 10)))
        #expect(driver.order?.from == Position(9))
    }

    @Test func `a hub without room holds pushes and nothing else; it is said, and tried again`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(9), ownSeq: 9)))
        driver.connect()
        driver.answer(3, head: 3)
        driver.page(3, head: 3, events: 0)
        #expect(driver.order?.limitEvents ?? 0 > 0)
        driver.step(.pushFailed(attempt: driver.attempt, .problem(Problem(.quotaExceeded, retryAfterMilliseconds: 7_000))))
        #expect(driver.state == .error(.quotaExceeded) && driver.status?.advice == .makeRoom && driver.status?.pending == 6)
        // What is new there comes, and what is written here waits.
        driver.step(.received(attempt: driver.attempt, .changes(head: Position(4))))
        #expect(driver.isPulling)
        driver.page(4, head: 4, events: 1)
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(10), ownSeq: 9))))
        driver.step(.wrote(LocalLog(end: Position(11), ownSeq: 10)))
        #expect(driver.order == nil && driver.state == .error(.quotaExceeded) && driver.status?.isUp == false)
        driver.time = 5_000
        driver.step(.tick)
        #expect(driver.wake == 7_000 && driver.order == nil)
        driver.time = 7_000
        driver.step(.tick)
        #expect(driver.order?.limitEvents ?? 0 > 0 && driver.state == .error(.quotaExceeded))
        driver.answer(
            10, head: 11, events: [DeviceRun(device: .sample(1), seqs: 4...10)], [VerdictRun(.accepted(Position(4)), count: 7)],
            scannedTo: 11)
        driver.page(11, head: 11, events: 0)
        #expect(driver.state == .connected && driver.status?.pending == 0)
    }

    @Test func `a device whose identity was used elsewhere stops; of another one's it warns, and goes on`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(9), ownSeq: 9)))
        driver.connect()
        driver.answer(3, head: 3, forked: [.sample(2)])
        // By values of their own: Swift 6.3.1 fails to optimize the expectation otherwise.
        let warnings = driver.status?.warnings
        #expect(warnings == [.foreignFork(.sample(2))])
        #expect(driver.isPulling)
        driver.page(3, head: 3, events: 0)
        driver.answer(3, head: 3, scannedTo: 9, forked: [.sample(1), .sample(2)])
        let (state, advice) = (driver.state, driver.status?.advice)
        #expect(state == .blocked(.fork(.sample(1))))
        #expect(advice == .mendFork)
    }

    @Test func `a hub that has gone back is compared from the beginning, whoever notices it, and nothing is wiped`() {
        for way in 0..<3 {
            var driver = DeviceDriver(cursor: [9])
            driver.step(.wrote(LocalLog(end: Position(9), ownSeq: 9)))
            driver.connect(head: 20)
            driver.answer(9, head: 20)
            #expect(driver.effects.contains(.pull(attempt: driver.attempt, cursor: [9], limit: 10_000)))
            if way == 0 {
                driver.step(.pullFailed(attempt: driver.attempt, .problem(Problem(.cursorUnrecoverable))))
            } else if way == 1 {
                driver.page(20, head: 20, events: 0)
                driver.answer(9, head: 20, scannedTo: 9)
                driver.step(.received(attempt: driver.attempt, .changes(head: Position(21))))
                driver.page(15, head: 15, events: 1)
            } else {
                driver.page(20, head: 20, events: 0)
                driver.answer(4, head: 21, scannedTo: 9)
            }
            #expect(driver.effects.contains(.saveCursor(nil)), "\(way)")
            #expect(driver.status?.warnings == [.hubRolledBack], "\(way)")
            #expect(driver.order?.limitEvents == 0, "\(way)")
            driver.answer(4, head: 15)
            #expect(driver.effects.contains(.pull(attempt: driver.attempt, cursor: nil, limit: 10_000)), "\(way)")
            driver.page(15, head: 15, events: 0)
            #expect(driver.order?.from == Position(0) && driver.order?.lacking[.sample(1)] == 4, "\(way)")
        }
    }

    @Test func `the answer to a heartbeat that did not know of the lease does not prolong it`() {
        var driver = DeviceDriver(role: .master, canLead: true)
        driver.connect()
        driver.settle()
        let leadership = Leadership(role: .master, master: .sample(1), epoch: 4)
        func beat() -> DeviceHeartbeat? {
            for case .send(_, .heartbeat(let beat)) in driver.effects { return beat }
            return nil
        }
        func answer(_ beat: DeviceHeartbeat?) -> DeviceInput {
            .received(
                attempt: driver.attempt,
                .heartbeat(
                    HubHeartbeat(
                        ref: beat?.id ?? 0, leadership: leadership, head: Position(0), tokenExpiresInMilliseconds: 1_000_000,
                        wall: ClockReading.at(driver.time).wall)))
        }
        // The hub has given it the lease, and word of that is held up; it may have run out before that comes.
        driver.time = SyncLimits().heartbeatMilliseconds
        driver.step(.tick)
        let unknowing = beat()
        #expect(unknowing?.epoch == 0)
        driver.time += 3_000
        driver.step(.received(attempt: driver.attempt, .roleChanged(leadership)))
        let knowing = beat()
        #expect(knowing?.epoch == 4)
        driver.step(answer(unknowing))
        #expect(driver.session.leaseEpoch(now: .at(driver.time)) == 0)
        driver.step(answer(knowing))
        #expect(driver.session.leaseEpoch(now: .at(driver.time)) == 4)
    }

    @Test func `a device leads only after an answer to its own message, and stops before the hub's lease is over`() {
        var driver = DeviceDriver(role: .master, canLead: true)
        driver.connect()
        driver.settle()
        #expect(driver.status?.role == .client)
        driver.step(.received(attempt: driver.attempt, .roleChanged(Leadership(role: .master, master: .sample(1), epoch: 4))))
        #expect(driver.session.leaseEpoch(now: .at(driver.time)) == 0)
        guard case .send(_, .heartbeat(let beat)) = driver.effects.first else {
            Issue.record("it does not ask at once: \(driver.effects)")
            return
        }
        #expect(beat.epoch == 4)
        driver.time += 3_000
        let answer = HubHeartbeat(
            ref: beat.id, leadership: Leadership(role: .master, master: .sample(1), epoch: 4), head: Position(0),
            tokenExpiresInMilliseconds: 1_000_000, wall: ClockReading.at(driver.time).wall)
        driver.step(.received(attempt: driver.attempt, .heartbeat(answer)))
        #expect(driver.status?.role == .master && driver.status?.epoch == 4)
        // A lease less a tenth, from when it asked.
        let end = SyncLimits().leaseMilliseconds / 10 * 9
        #expect(driver.session.leaseEpoch(now: .at(end - 1)) == 4 && driver.session.leaseEpoch(now: .at(end)) == 0)
        driver.step(.closed(attempt: driver.attempt, .unreachable), random: 30_000)
        #expect(driver.status?.role == .master)
        driver.time = end
        driver.step(.tick)
        #expect(driver.status?.role == .client && driver.status?.epoch == 0)
    }

    @Test func `critical events are acknowledged when they are durable; without the event, when the pull has brought it`() {
        var driver = DeviceDriver()
        driver.connect()
        driver.settle()
        let small = Delivery(id: Position(7), dot: Dot(device: .sample(2), seq: 1), attempt: 1, includesEvent: true, byteCount: 10)
        driver.step(.received(attempt: driver.attempt, .criticalEvent(small)))
        #expect(driver.effects.contains(.takeInCritical(attempt: driver.attempt, Position(7))))
        driver.step(.tookInCritical(attempt: driver.attempt, Position(7), .done))
        #expect(driver.effects.first == .send(attempt: driver.attempt, .acknowledge(Position(7), .done)))
        let large = Delivery(id: Position(8), dot: Dot(device: .sample(2), seq: 2), attempt: 1, includesEvent: false, byteCount: 600_000)
        driver.step(.received(attempt: driver.attempt, .criticalEvent(large)))
        #expect(driver.isPulling)
        driver.page(9, head: 9, events: 9)
        let done = DeviceEffect.send(attempt: driver.attempt, .acknowledge(Position(8), .done))
        #expect(!driver.effects.contains(done))
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(9), ownSeq: 0))))
        #expect(driver.effects.contains(done))
    }

    @Test func `blocks that do not fit are pulled once more as events, in a call that waits its turn like any other`() {
        var driver = DeviceDriver(role: .reader)
        driver.connect(head: 9, role: .reader)
        driver.page(4, head: 9, events: 4)
        driver.step(.unfit(attempt: driver.attempt, LocalLog(end: Position(2), ownSeq: 0)))
        #expect(driver.effects.first == .pull(attempt: driver.attempt, cursor: nil, limit: 10_000, asEvents: true))
        driver.step(.pullFailed(attempt: driver.attempt, .problem(Problem(.rateLimited, retryAfterMilliseconds: 500))))
        driver.time += 500
        driver.step(.tick)
        #expect(driver.effects.first == .pull(attempt: driver.attempt, cursor: nil, limit: 10_000, asEvents: true))
        driver.page(3, head: 9, events: 3, cursor: [1])
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(3), ownSeq: 0))))
        #expect(driver.effects.contains(.pull(attempt: driver.attempt, cursor: [1], limit: 10_000, asEvents: true)))
        driver.page(4, head: 9, events: 1, cursor: [2])
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(4), ownSeq: 0))))
        #expect(driver.effects.contains(.pull(attempt: driver.attempt, cursor: [2], limit: 10_000)))
    }

    @Test func `a reader pulls and never pushes; a hint that comes during a pull is not lost`() {
        var driver = DeviceDriver(role: .reader)
        driver.step(.wrote(LocalLog(end: Position(3), ownSeq: 0)))
        driver.connect(head: 1, role: .reader)
        #expect(driver.order == nil && driver.isPulling)
        driver.step(.received(attempt: driver.attempt, .changes(head: Position(5))))
        driver.page(1, head: 1, events: 0)
        #expect(driver.isPulling && driver.order == nil)
        driver.page(5, head: 5, events: 0, cursor: [2])
        #expect(driver.state == .connected && driver.order == nil)
    }

    @Test func `a reader says how much it holds alone once it has all that the hub has, and not for what just came by itself`() {
        var driver = DeviceDriver(role: .reader)
        driver.step(.wrote(LocalLog(end: Position(7), ownSeq: 0)))
        driver.connect(head: 5, role: .reader)
        #expect(driver.status?.withheld == 0)
        driver.page(5, head: 5, events: 0)
        #expect(driver.state == .connected && driver.status?.withheld == 2)
        let delivery = Delivery(id: Position(5), dot: Dot(device: .sample(2), seq: 9), attempt: 1, includesEvent: true, byteCount: 10)
        driver.step(.received(attempt: driver.attempt, .criticalEvent(delivery)))
        driver.step(.wrote(LocalLog(end: Position(8), ownSeq: 0)))
        #expect(driver.status?.withheld == 0)
        driver.step(.received(attempt: driver.attempt, .changes(head: Position(6))))
        driver.page(6, head: 6, events: 0)
        #expect(driver.status?.withheld == 2)
    }

    @Test func `silence, a wrong clock and a store that was copied are noticed`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(2), ownSeq: 2)))
        driver.connect()
        driver.answer(6, head: 6)
        #expect(driver.status?.warnings == [.writtenElsewhere(6)])
        driver.time = 5_000
        driver.step(.tick)
        guard case .send(_, .heartbeat(let beat)) = driver.effects.first else {
            Issue.record("no heartbeat: \(driver.effects)")
            return
        }
        let answer = HubHeartbeat(
            ref: beat.id, leadership: Leadership(role: .client, master: nil, epoch: 0), head: Position(6),
            tokenExpiresInMilliseconds: 1_000_000, wall: ClockReading.at(5_000).wall + 400_000)
        driver.step(.received(attempt: driver.attempt, .heartbeat(answer)))
        #expect(driver.status?.warnings == [.writtenElsewhere(6), .clockSkew(milliseconds: 400_000)])
        driver.time = 5_000 + SyncLimits().silenceMilliseconds
        driver.step(.tick)
        #expect(driver.effects.contains { if case .close = $0 { true } else { false } })
        #expect(driver.state == .offline(sinceWall: ClockReading.at(driver.time).wall))
    }

    @Test func `an event of another's that the store refuses makes it compare its chain once more: it may build on a twin's`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(2), ownSeq: 2)))
        driver.connect(head: 5)
        driver.answer(2, head: 5)
        driver.page(5, head: 5, events: 3)
        let refused = Dot(device: .sample(2), seq: 1)
        driver.step(.tookIn(attempt: driver.attempt, TakenIn(log: LocalLog(end: Position(4), ownSeq: 2), refused: [refused])))
        #expect(driver.order?.limitEvents == 0)
        let answer = PushAnswer(
            runs: [], ackedThrough: VersionVector([Dot(device: .sample(1), seq: 2)]), head: Position(5), forked: [.sample(1)])
        driver.step(.pushed(attempt: driver.attempt, PushResult(answer: answer, events: [], scannedTo: Position(0))))
        #expect(driver.state == .blocked(.fork(.sample(1))))
    }

    @Test func `every problem and state has something to do about it`() {
        for code in ProblemCode.allCases { #expect(Advice(for: code) != .nothing, "\(code)") }
        let codes = ProblemCode.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count && codes.allSatisfy { $0.utf8.allSatisfy { (97...122).contains($0) || $0 == 45 } })
    }
}
