import EventCore
import EventSamples
import SyncCore
import Testing

/// What a push is answered, and what it leaves behind.
struct HubPushTests {
    @Test func `accepted, duplicate, concurrent: positions go up by one, and repeating says the same for ever`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let events = [try Event.sample(1, 1), try .sample(1, 2, context: [Dot(device: .sample(1), seq: 1)])]
        let answer = try driver.push(events, token)
        #expect(answer.runs.flatMap { Array($0.verdicts) } == [.accepted(Position(0)), .accepted(Position(1))])
        #expect(answer.ackedThrough == VersionVector([Dot(device: .sample(1), seq: 2)]) && answer.head == Position(2))
        for _ in 0..<3 {
            let again = try driver.push(events, token)
            #expect(again.runs.flatMap { Array($0.verdicts) } == [.duplicate(Position(0)), .duplicate(Position(1))])
            #expect(again.head == Position(2))
        }
        let other = try driver.enrol(2)
        let concurrent = try driver.push([try .sample(2, 1, context: [Dot(device: .sample(1), seq: 1)])], other)
        #expect(concurrent.runs == [VerdictRun(.concurrent(Position(2)))])
    }

    @Test func `a gap takes nothing and names what has to come`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let push = PushRequest(
            batch: [try Event.sample(2, 1), try .sample(1, 2)], eventCount: 2, byteCount: 1, chains: [])
        let reply = driver.call(.push(push, token: token))
        #expect(reply == .problem(Problem(.gap, expected: Dot(device: .sample(1), seq: 1))))
        #expect(driver.hub.log.end == Position(0) && driver.hub.log.parked.isEmpty)
    }

    @Test func `nothing is said before it is durable, and one sync answers all that it covers`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1), try driver.enrol(2)]
        driver.syncsAtOnce = false
        for (number, token) in tokens.enumerated() {
            let push = PushRequest(batch: [try Event.sample(UInt64(number + 1), 1)], eventCount: 1, byteCount: 1, chains: [])
            let effects = driver.step(.call(RequestID(900 + UInt64(number)), .push(push, token: token)))
            #expect(effects.contains { if case .store(_, _, true) = $0 { true } else { false } })
            #expect(effects.reply(to: RequestID(900 + UInt64(number))) == nil)
        }
        // A pull shows what is not durable yet, so it waits, too.
        let pull = driver.step(.call(RequestID(950), .pull(PullRequest(), token: tokens[0])))
        #expect(pull.reply(to: RequestID(950)) == nil)
        let effects = driver.sync()
        let replies = effects.compactMap { if case .reply(let request, _) = $0 { request.number } else { nil } }
        #expect(replies == [900, 901, 950])
        guard case .pulled(let answer) = effects.reply(to: RequestID(950)) else { throw HubDriver.Unexpected(what: "\(effects)") }
        #expect(answer.positions == Position(0)..<Position(2))
    }

    @Test func `a disk that refuses ends the hub, and nobody is answered`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        driver.syncsAtOnce = false
        let push = PushRequest(batch: [try Event.sample(1, 1)], eventCount: 1, byteCount: 1, chains: [])
        _ = driver.step(.call(RequestID(900), .push(push, token: token)))
        #expect(driver.step(.storeFailed) == [.stop])
        #expect(driver.step(.call(RequestID(901), .status(token: token))).isEmpty)
        var broken = HubDriver()
        let other = try broken.enrol(1)
        broken.hub.log.isBroken = true
        #expect(broken.step(.call(RequestID(900), .push(push, token: other))) == [.stop])
    }

    @Test func `a rejected event has no position; what builds on it is parked, and accepted without resending once the gap is filled`()
        throws
    {
        var driver = HubDriver()
        let (token, other) = (try driver.enrol(1), try driver.enrol(2))
        let events = try (1...4).map { try Event.sample(1, $0, record: "r\($0)", isCritical: $0 == 3) }
        let chain = TestCryptography.chain(of: .sample(1), events)
        let bad = SignedHead(head: chain[2], signature: [1, 2, 3])
        #expect(try driver.push([events[0]], token).ackedThrough == VersionVector([events[0].dot]))
        #expect(try driver.push([events[1]], chains: [bad], token).runs == [VerdictRun(.rejected(.signatureInvalid))])
        // The second is not here, so a push that begins with the third is a gap; with the second rejected once more, the rest is parked.
        let rejected = try driver.push(Array(events[1...]), chains: [SignedHead(head: chain[2], signature: [4])], token)
        #expect(rejected.runs == [VerdictRun(.rejected(.signatureInvalid), count: 3)])
        let unclosed = try Event.sample(1, 2, record: "elsewhere", context: [events[0].dot])
        let parked = try driver.push([unclosed, events[2], events[3]], token)
        #expect(parked.runs == [VerdictRun(.rejected(.contextUnclosed)), VerdictRun(.parked, count: 2)])
        #expect(parked.ackedThrough == VersionVector([events[0].dot]) && parked.head == Position(1))
        // Another device's event that had seen a parked one is parked as well; its others are not.
        let seen = try Event.sample(2, 1, record: "r3", context: [events[2].dot])
        #expect(try driver.push([seen], other).runs == [VerdictRun(.parked)])
        // Kept over a restart.
        _ = driver.restart()
        let filled = try driver.push([events[1]], token)
        #expect(filled.runs == [VerdictRun(.accepted(Position(1)))])
        #expect(filled.ackedThrough == VersionVector([events[3].dot, seen.dot]) && filled.head == Position(5))
        #expect(driver.hub.state.openCritical.keys.sorted().map { driver.hub.log.events[Int($0.index)].dot } == [events[2].dot])
        #expect(try driver.push([seen], other).runs.first.map { if case .duplicate = $0.verdict { true } else { false } } == true)
    }

    @Test func `a reader and a revoked device push nothing; an event of a revoked device is taken from whoever hands it on`() throws {
        var driver = HubDriver()
        let (reader, gone, client) = (try driver.enrol(1, .reader), try driver.enrol(2), try driver.enrol(3))
        let push = PushRequest(batch: [try Event.sample(2, 1)], eventCount: 1, byteCount: 1, chains: [])
        #expect(driver.call(.push(push, token: reader)) == .problem(Problem(.notAllowed)))
        #expect(driver.call(.revokeLocally(.sample(2))) == .revoked(at: Position(0)))
        #expect(driver.call(.push(push, token: gone)) == .problem(Problem(.revoked)))
        #expect(try driver.push(push.batch, client).runs == [VerdictRun(.accepted(Position(0)))])
        #expect(driver.hub.state.vouched.map(\.voucher) == [.sample(3)])
    }

    @Test func `an epoch that was never granted is rejected, one that was is taken for ever`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1, .master)
        let (_, effects) = try driver.register(1, token, canLead: true)
        #expect(driver.hub.state.grants.holders == [.sample(1)], "\(effects)")
        let beyond = 2 + EpochGrants.forgottenReach
        let events = [try Event.sample(1, 1, record: "a", epoch: 1), try .sample(1, 2, record: "b", epoch: beyond)]
        #expect(try driver.push(events, token).runs == [VerdictRun(.accepted(Position(0))), VerdictRun(.rejected(.epochNeverGranted))])
        // Somebody else's epoch is never one's own.
        #expect(
            try driver.push([try Event.sample(2, 1, epoch: 1)], token).runs == [VerdictRun(.rejected(.epochNeverGranted))])
        #expect(driver.hub.state.epoch == 1)
    }

    @Test func `a policy of a device that has joined wants a lease, what it wrote before and what others wrote who never joined does not`()
        throws
    {
        var driver = HubDriver()
        let before = try Event.sample(1, 1, in: "_policy", record: "a")
        let master = try driver.enrol(1, .master, having: [before])
        let client = try driver.enrol(2)
        let verdict = { (event: Event, token: Secret) throws in try driver.push([event], token).runs }
        #expect(try verdict(before, master) == [VerdictRun(.accepted(Position(0)))])
        let missing = [VerdictRun(.rejected(.leaseMissing))]
        #expect(try verdict(.sample(1, 2, in: "_policy", record: "b"), master) == missing)
        #expect(try verdict(.sample(2, 1, in: "_policy", record: "b"), client) == missing)
        // Whoever hands it on.
        #expect(try verdict(.sample(2, 1, in: "_policy", record: "b"), master) == missing)
        #expect(try verdict(.sample(9, 1, in: "_policy", record: "c"), client) == [VerdictRun(.accepted(Position(1)))])
        #expect(try verdict(.sample(2, 1, in: "_policies", record: "b"), client) == [VerdictRun(.accepted(Position(2)))])
        _ = try driver.register(1, master, canLead: true)
        #expect(
            try verdict(.sample(2, 2, in: "_policy", record: "d", epoch: 1), client) == [VerdictRun(.rejected(.epochNeverGranted))])
        #expect(try verdict(.sample(1, 2, in: "_policy", record: "b", epoch: 1), master) == [VerdictRun(.accepted(Position(3)))])
        // It is known over a restart.
        _ = driver.restart()
        #expect(try verdict(.sample(1, 3, in: "_policy", record: "e"), master) == missing)
    }

    @Test func `where a journal does not say what a device had written before it joined, its policies want no lease`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        driver.journal = driver.journal.map { record in
            guard case .enrolled(var device) = record else { return record }
            device.seqAtEnrolment = nil
            return .enrolled(device)
        }
        _ = driver.restart()
        #expect(try driver.push([try .sample(1, 1, in: "_policy")], token).runs == [VerdictRun(.accepted(Position(0)))])
    }

    /// Found by thinking of a policy that was written under a lease, after which the hub was put back.
    @Test func `a hub that was put back grants no epoch twice, and takes the word of who may have held one`() throws {
        var driver = HubDriver()
        let (first, second, client) = (try driver.enrol(1, .master), try driver.enrol(2, .master), try driver.enrol(3))
        _ = try driver.register(1, first, canLead: true)
        _ = driver.restart()
        let (connection, _) = try driver.register(1, first, canLead: true)
        let forgotten = [try Event.sample(2, 1, epoch: 2)]
        // The device comes with a cursor that only a hub with more events can have given.
        let cursor = Cursor(log: driver.hub.log.id, position: Position(9), digest: .zero)
        let pull = PullRequest(cursor: cursor.bytes)
        #expect(driver.call(.pull(pull, token: second)) == .problem(Problem(.cursorUnrecoverable)))
        let newest = 2 + EpochGrants.forgottenCount
        #expect(driver.hub.state.epoch == newest && driver.hub.state.grants.holders == [.sample(1), .sample(1)])
        let effects = driver.step(.received(connection, .heartbeat(DeviceHeartbeat(id: 1, epoch: 1, lag: 0, pending: 0))))
        #expect(
            effects.messages(to: connection).contains { message in
                if case .heartbeat(let beat) = message { beat.leadership.role == .master && beat.leadership.epoch == newest } else { false }
            })
        #expect(try driver.push(forgotten, second).runs == [VerdictRun(.accepted(Position(0)))])
        for (event, token) in [
            // Who may not lead never had one; what is granted, or not yet, is nobody else's.
            (try Event.sample(3, 1, record: "a", epoch: 2), client), (try .sample(2, 2, record: "b", epoch: 1), second),
            (try .sample(2, 2, record: "b", epoch: newest), second),
            (try .sample(2, 2, record: "b", epoch: newest + 1 + EpochGrants.forgottenReach), second),
        ] { #expect(try driver.push([event], token).runs == [VerdictRun(.rejected(.epochNeverGranted))]) }
        // Having held one does what a stale one does.
        #expect(driver.call(.revoke(.sample(3), epoch: 2, token: second)) == .problem(Problem(.epochStale)))
        // Once is enough.
        #expect(driver.call(.pull(pull, token: second)) == .problem(Problem(.cursorUnrecoverable)))
        #expect(driver.hub.state.epoch == newest)
        #expect(HubState(driver.hub.state.records(wall: 0)).grants == driver.hub.state.grants)
    }

    /// Found by worlds in which devices lead though their hub was put back, seed 1391: whoever had been given the epoch had begun anew since, and named none.
    @Test func `an event under an epoch that the hub has forgotten tells it that it was put back, and is taken`() throws {
        var driver = HubDriver()
        let (first, second, client) = (try driver.enrol(1, .master), try driver.enrol(2, .master), try driver.enrol(3))
        _ = try driver.register(1, first, canLead: true)
        _ = driver.restart()
        _ = try driver.register(1, first, canLead: true)
        // Who may not lead never had one; what lies too far ahead nobody had.
        for (event, token) in [
            (try Event.sample(3, 1, epoch: 2), client), (try .sample(2, 1, epoch: 2 + EpochGrants.forgottenReach), second),
        ] { #expect(try driver.push([event], token).runs == [VerdictRun(.rejected(.epochNeverGranted))]) }
        #expect(driver.hub.state.epoch == 1)
        let events = [
            try Event.sample(2, 1, record: "a"), try .sample(2, 2, record: "b", epoch: 2), try .sample(2, 3, record: "c", epoch: 4),
        ]
        #expect(try driver.push(events, second).runs == [VerdictRun(.accepted(Position(0)), count: 3)])
        // Who leads goes on under one that nobody had.
        let newest = 5 + EpochGrants.forgottenCount
        #expect(driver.hub.state.epoch == newest && driver.hub.state.grants.holders == [.sample(1), .sample(1)])
        #expect(HubState(driver.journal).grants == driver.hub.state.grants)
        // The same is told once.
        #expect(
            try driver.push([try .sample(2, 4, record: "d", epoch: newest + 1)], second).runs
                == [VerdictRun(.rejected(.epochNeverGranted))])
        #expect(driver.hub.state.epoch == newest)
    }

    /// Found by worlds, too: seed 8711.
    @Test func `what a hub has granted before it learned that it was put back it may have granted to others before`() throws {
        var driver = HubDriver()
        let (first, second, client) = (try driver.enrol(1, .master), try driver.enrol(2, .master), try driver.enrol(3))
        _ = try driver.register(1, first, canLead: true)
        let twice = [try Event.sample(2, 1, epoch: 1)]
        #expect(try driver.push(twice, second).runs == [VerdictRun(.rejected(.epochNeverGranted))])
        _ = try driver.register(3, client, epoch: 3)
        #expect(try driver.push(twice, second).runs == [VerdictRun(.accepted(Position(0)))])
        #expect(try driver.push([try .sample(1, 1, record: "a", epoch: 1)], first).runs == [VerdictRun(.accepted(Position(1)))])
        #expect(
            try driver.push([try .sample(3, 1, record: "b", epoch: 1)], client).runs == [VerdictRun(.rejected(.epochNeverGranted))])
        #expect(HubState(driver.journal).grants == driver.hub.state.grants)
        #expect(HubState(driver.hub.state.records(wall: 0)).grants == driver.hub.state.grants)
    }

    @Test func `a hub that has forgotten whom it let in takes what that device wrote under a lease from whoever may lead`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(3, .master)
        #expect(try driver.push([try .sample(2, 1, epoch: 1)], token).runs == [VerdictRun(.accepted(Position(0)))])
        #expect(driver.hub.state.epoch == 1 + EpochGrants.forgottenCount)
    }

    /// Found by reading: it had its policies believed, under an identity and an epoch that it made up.
    @Test func `a device that may not lead is not believed that somebody whom nobody knows has led`() throws {
        var driver = HubDriver()
        let (master, liar) = (try driver.enrol(1, .master), try driver.enrol(3))
        _ = try driver.register(1, master, canLead: true)
        let policy = try Event.sample(9, 1, in: "_policy", epoch: 2)
        let refused = [VerdictRun(.rejected(.epochNeverGranted))]
        #expect(try driver.push([policy], liar).runs == refused)
        #expect(driver.hub.state.epoch == 1)
        // Nor by a hub that knows it was put back, and may have forgotten that epoch.
        _ = try driver.register(1, master, canLead: true, epoch: 3)
        #expect(driver.hub.state.epoch > 3)
        #expect(try driver.push([policy], liar).runs == refused)
        #expect(try driver.push([policy], master).runs == [VerdictRun(.accepted(Position(0)))])
    }

    @Test func `a hub that was put back twice to the same copy learns of epochs beyond those that it has passed over`() throws {
        var driver = HubDriver()
        let (first, second) = (try driver.enrol(1, .master), try driver.enrol(2, .master))
        _ = try driver.register(1, first, canLead: true)
        let cursor = Cursor(log: driver.hub.log.id, position: Position(9), digest: .zero)
        #expect(driver.call(.pull(PullRequest(cursor: cursor.bytes), token: second)) == .problem(Problem(.cursorUnrecoverable)))
        let newest = 2 + EpochGrants.forgottenCount
        #expect(driver.hub.state.epoch == newest)
        #expect(try driver.push([try .sample(2, 1, epoch: newest + 3)], second).runs == [VerdictRun(.accepted(Position(0)))])
        #expect(driver.hub.state.epoch == newest + 3 + EpochGrants.forgottenCount + 1)
    }

    @Test func `a device that has heard of a newer epoch tells the hub that it was put back`() throws {
        var driver = HubDriver()
        let (first, second) = (try driver.enrol(1, .master), try driver.enrol(2))
        _ = try driver.register(1, first, canLead: true, epoch: 0)
        _ = try driver.register(2, second, epoch: 1)
        #expect(driver.hub.state.epoch == 1)
        let (connection, effects) = try driver.register(2, second, epoch: 3)
        let newest = 4 + EpochGrants.forgottenCount
        #expect(driver.hub.state.epoch == newest)
        let leaders = effects.messages(to: connection).compactMap { message -> Leadership? in
            if case .registered(let registered) = message { registered.leadership } else { nil }
        }
        #expect(leaders == [Leadership(role: .client, master: .sample(1), epoch: newest)])
    }

    @Test func `a chain that is not the hub's is a fork, and the rest of the push goes on`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let events = try (1...3).map { try Event.sample(1, $0, record: "r\($0)") }
        _ = try driver.push(Array(events[..<2]), token)
        // A copied store wrote another second event, and pushes its third only.
        let others = [events[0], try Event.sample(1, 2, record: "r2", value: "2"), events[2]]
        let chain = TestCryptography.chain(of: .sample(1), others)
        let heads = [chain[2], chain[3]].map { SignedHead(head: $0, signature: nil) }
        let answer = try driver.push([events[2], try .sample(5, 1)], chains: heads, token)
        #expect(answer.runs == [VerdictRun(.rejected(.fork)), VerdictRun(.accepted(Position(2)))])
        #expect(answer.forked == [.sample(1)])
        // Without the head before it, the chain does not lead where the pusher says.
        let later = try driver.push([events[2]], chains: [heads[1]], token)
        #expect(later.runs == [VerdictRun(.rejected(.chainBroken))])
        #expect(try driver.push([others[1]], token).runs == [VerdictRun(.rejected(.fork))])
        #expect(driver.hub.log.applied[.sample(1)] == 2)
    }

    @Test func `signatures are kept, and what came without one is vouched for`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let events = try (1...4).map { try Event.sample(1, $0, record: "r\($0)") }
        let chain = TestCryptography.chain(of: .sample(1), events)
        let signature = TestCryptography.sign(
            chain[2].signedBytes(workspace: HubDriver.workspace.bytes), with: HubDriver.key(of: .sample(1)))
        let head = SignedHead(head: chain[2], signature: signature)
        _ = try driver.push(Array(events[..<2]), chains: [head], token)
        #expect(driver.hub.state.vouched.isEmpty && driver.hub.state.signedHeads[.sample(1)] == head)
        guard case .pulled(let answer) = driver.call(.pull(PullRequest(), token: token)) else { return }
        #expect(answer.chains == [head])
        _ = try driver.push(Array(events[2...]), token)
        #expect(driver.hub.state.vouched.map(\.run) == [DeviceRun(device: .sample(1), seqs: 3...4)])
    }

    @Test func `a push beyond the quota is refused whole; asking and pulling go on, and so do pushes that fit`() throws {
        let events = try (1...3).map { try Event.sample(1, $0, record: "r\($0)") }
        var limits = SyncLimits()
        limits.quotaBytes = UInt64(events[0].canonicalJSON.count + 300)
        var driver = HubDriver(limits: limits)
        let token = try driver.enrol(1)
        func push(_ events: [Event], _ bytes: Int) -> HubReply? {
            driver.call(.push(PushRequest(batch: events, eventCount: events.count, byteCount: bytes, chains: []), token: token))
        }
        guard case .pushed = push([events[0]], 300) else { throw HubDriver.Unexpected(what: "there was room") }
        let full = HubReply.problem(Problem(.quotaExceeded, retryAfterMilliseconds: limits.quotaRetryMilliseconds))
        #expect(push([events[1]], 301) == full)
        #expect(driver.hub.log.end == Position(1) && driver.hub.log.parked.isEmpty)
        guard case .pushed(let answer) = push([], 301) else { throw HubDriver.Unexpected(what: "who asks needs room") }
        #expect(answer.ackedThrough[.sample(1)] == 1)
        guard case .pulled(let page) = driver.call(.pull(PullRequest(), token: token)) else { throw HubDriver.Unexpected(what: "no page") }
        #expect(page.head == Position(1))
        guard case .pushed = push([events[1]], 300) else { throw HubDriver.Unexpected(what: "it fits just so") }
        #expect(push([events[2]], 300) == full)
    }

    @Test func `limits and rates are answered with what to do`() throws {
        var limits = SyncLimits()
        (limits.callsPerSecond, limits.callsAtOnce, limits.events, limits.bodyBytes) = (10, 4, 3, 1000)
        var driver = HubDriver(limits: limits)
        let token = try driver.enrol(1)
        func push(_ count: Int, _ bytes: Int) -> HubCall<[Event]> {
            .push(PushRequest(batch: [], eventCount: count, byteCount: bytes, chains: []), token: token)
        }
        #expect(driver.call(push(4, 1)) == .problem(Problem(.tooManyEvents)))
        #expect(driver.call(push(1, 1001)) == .problem(Problem(.tooLarge)))
        _ = driver.call(push(0, 0))
        _ = driver.call(push(0, 0))
        guard case .problem(let problem) = driver.call(push(0, 0)) else { throw HubDriver.Unexpected(what: "no limit") }
        #expect(problem.code == .rateLimited && (1...100).contains(problem.retryAfterMilliseconds ?? 0))
        driver.time += problem.retryAfterMilliseconds ?? 0
        guard case .pushed = driver.call(push(0, 0)) else { throw HubDriver.Unexpected(what: "limited for too long") }
    }
}
