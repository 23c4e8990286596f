import EventCore
import EventSamples
import SyncCore
import Testing

/// Sockets, heartbeats, the lease.
struct HubSessionTests {
    private static func beat(_ id: UInt64, epoch: UInt64 = 0) -> DeviceMessage {
        .heartbeat(DeviceHeartbeat(id: id, epoch: epoch, lag: 1, pending: 2))
    }

    @Test func `two missed heartbeats end a session, each answered one keeps it`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let (connection, _) = try driver.register(1, token)
        for _ in 0..<5 {
            driver.time += driver.hub.limits.silenceMilliseconds - 1
            #expect(!driver.step(.tick).contains(.close(connection, .heartbeatMissed)))
            let answers = driver.step(.received(connection, Self.beat(7))).messages(to: connection)
            guard case .heartbeat(let heartbeat) = answers.first else { throw HubDriver.Unexpected(what: "\(answers)") }
            #expect(heartbeat.ref == 7 && heartbeat.tokenExpiresInMilliseconds > 0)
        }
        driver.time += driver.hub.limits.silenceMilliseconds
        #expect(driver.step(.tick).contains(.close(connection, .heartbeatMissed)))
    }

    @Test func `a token that expires ends the session, and is announced before`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let (connection, _) = try driver.register(1, token)
        var announced: UInt64 = .max
        while driver.time < 3_600_000 {
            let answers = driver.step(.received(connection, Self.beat(1))).messages(to: connection)
            if case .heartbeat(let heartbeat) = answers.first { announced = min(announced, heartbeat.tokenExpiresInMilliseconds) }
            driver.time += 5_000
        }
        #expect(announced == 5_000)
        #expect(driver.step(.tick).contains(.close(connection, .tokenExpired)))
    }

    @Test func `before it registers, a socket may only register, as the device whose token it has; a second one takes its place`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        let connection = try driver.connect(token)
        #expect(
            driver.step(.received(connection, Self.beat(1))).messages(to: connection) == [.error(Problem(.notRegistered))])
        let wrong = Registration(device: .sample(2), name: "")
        #expect(driver.step(.received(connection, .register(wrong))).messages(to: connection) == [.error(Problem(.notAllowed))])
        let (first, _) = try driver.register(1, token)
        let (_, effects) = try driver.register(1, token)
        #expect(effects.contains(.close(first, .superseded)))
    }

    @Test func `a reader that is too slow is closed, one that takes what it is sent is not, and hints do not pile up`() throws {
        var limits = SyncLimits()
        limits.queuedMessages = 10
        var driver = HubDriver(limits: limits)
        let (writer, slow) = (try driver.enrol(1), try driver.enrol(2))
        let (connection, opening) = try driver.register(2, slow)
        _ = driver.step(.sent(connection, messages: opening.messages(to: connection).count))
        var hints = 0
        for seq in 1...20 as ClosedRange<UInt64> {
            let push = PushRequest(batch: [try Event.sample(1, seq, record: "r\(seq)")], eventCount: 1, byteCount: 1, chains: [])
            hints += driver.step(.call(RequestID(300 + seq), .push(push, token: writer))).messages(to: connection).count
        }
        #expect(hints == 1)
        _ = driver.step(.sent(connection, messages: 1))
        for beat in 1...40 as ClosedRange<UInt64> {
            #expect(!driver.step(.received(connection, Self.beat(beat))).contains(.close(connection, .slowReader)))
            _ = driver.step(.sent(connection, messages: 1))
        }
        let closed = (1...11).contains { beat in
            driver.step(.received(connection, Self.beat(beat))).contains(.close(connection, .slowReader))
        }
        #expect(closed)
    }

    // MARK: - The lease

    @Test func `the highest priority leads; equal ones by id; nobody without the role or the wish`() {
        let a = Election.Candidate(device: .sample(1), priority: 1)
        let b = Election.Candidate(device: .sample(2), priority: 5)
        let c = Election.Candidate(device: .sample(3), priority: 5)
        for candidates in [[a, b, c], [c, b, a], [b, a, c]] { #expect(Election.winner(among: candidates) == .sample(2)) }
        #expect(Election.winner(among: []) == nil)
    }

    @Test func `the lease goes on with heartbeats, and to another with the next epoch when they stay out`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1, .master), try driver.enrol(2, .master), try driver.enrol(3), try driver.enrol(4, .master)]
        let (first, effects) = try driver.register(1, tokens[0], canLead: true, priority: 1)
        guard case .registered(let registered) = effects.messages(to: first).first else { throw HubDriver.Unexpected(what: "\(effects)") }
        #expect(registered.leadership == Leadership(role: .master, master: .sample(1), epoch: 1))
        let (second, _) = try driver.register(2, tokens[1], canLead: true, priority: 9)
        let (client, _) = try driver.register(3, tokens[2], canLead: true, priority: 99)
        let (unwilling, _) = try driver.register(4, tokens[3], canLead: false, priority: 99)
        for _ in 0..<10 {
            driver.time += 5_000
            for connection in [first, second, client, unwilling] {
                _ = driver.step(.received(connection, Self.beat(1, epoch: connection == first ? 1 : 0)))
            }
        }
        #expect(driver.hub.state.grants.holders == [.sample(1)])
        var changes: [HubMessage] = []
        for _ in 0..<2 {
            driver.time += 5_000
            for connection in [second, client, unwilling] {
                changes += driver.step(.received(connection, Self.beat(1))).messages(to: second)
            }
        }
        #expect(driver.hub.state.grants.holders == [.sample(1), .sample(2)])
        #expect(changes.contains(.roleChanged(Leadership(role: .master, master: .sample(2), epoch: 2))))
    }

    @Test func `a master that goes is followed within two heartbeats, whenever it goes`() throws {
        for beats in [0, 1, 7] {
            var driver = HubDriver()
            let tokens = [try driver.enrol(1, .master), try driver.enrol(2, .master)]
            let (first, _) = try driver.register(1, tokens[0], canLead: true)
            let (second, _) = try driver.register(2, tokens[1], canLead: true)
            let heartbeat = driver.hub.limits.heartbeatMilliseconds
            for _ in 0..<beats {
                driver.time += heartbeat
                _ = driver.step(.received(first, Self.beat(1, epoch: 1)))
                _ = driver.step(.received(second, Self.beat(1)))
            }
            var effects = driver.step(.disconnected(first))
            let end = driver.time + 2 * heartbeat
            var beatAt = driver.time + heartbeat
            while driver.hub.state.epoch == 1 {
                // What the shell does: it wakes the hub when it wanted to be woken, and heartbeats come in.
                let wake = effects.compactMap { if case .wake(let time) = $0 { time } else { nil } }.last
                driver.time = min(wake ?? driver.hub.limits.leaseMilliseconds + driver.time, beatAt)
                try #require(driver.time < end)
                effects = driver.step(.tick)
                guard driver.time == beatAt else { continue }
                effects += driver.step(.received(second, Self.beat(1)))
                beatAt += heartbeat
            }
            #expect(driver.hub.state.grants.holders == [.sample(1), .sample(2)])
        }
    }

    @Test func `a holder that falls silent is given no other lease while somebody else is there`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1, .master), try driver.enrol(2, .master)]
        // The first would win: its id is the lower one, and its priority the higher.
        _ = try driver.register(1, tokens[0], canLead: true, priority: 9)
        let (second, _) = try driver.register(2, tokens[1], canLead: true)
        let lease = driver.hub.limits.leaseMilliseconds
        driver.time += lease / 2
        _ = driver.step(.received(second, Self.beat(1)))
        driver.time += lease - lease / 2
        _ = driver.step(.tick)
        #expect(driver.hub.state.grants.holders == [.sample(1), .sample(2)])
    }

    @Test func `a heartbeat that comes when the lease has run out renews nothing`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1, .master), try driver.enrol(2, .master)]
        let (first, _) = try driver.register(1, tokens[0], canLead: true, priority: 1)
        let (second, _) = try driver.register(2, tokens[1], canLead: true, priority: 9)
        driver.time += SyncLimits().leaseMilliseconds / 2
        _ = driver.step(.received(second, Self.beat(1)))
        driver.time += SyncLimits().leaseMilliseconds / 2
        let effects = driver.step(.received(first, Self.beat(1, epoch: 1)))
        #expect(driver.hub.state.grants.holders == [.sample(1), .sample(2)])
        #expect(effects.messages(to: first).contains(.roleChanged(Leadership(role: .client, master: .sample(2), epoch: 2))))
    }

    @Test func `a hub that starts grants no epoch while the holder before may believe in its own`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1, .master), try driver.enrol(2, .master)]
        _ = try driver.register(1, tokens[0], canLead: true)
        driver.time += 20_000
        _ = driver.restart()
        let (second, _) = try driver.register(2, tokens[1], canLead: true)
        driver.time += driver.hub.limits.leaseMilliseconds - 1
        _ = driver.step(.received(second, Self.beat(1)))
        _ = driver.step(.tick)
        #expect(driver.hub.state.grants.holders == [.sample(1)])
        driver.time += 1
        _ = driver.step(.tick)
        #expect(driver.hub.state.grants.holders == [.sample(1), .sample(2)])
        // The holder itself goes on with its epoch.
        _ = driver.restart()
        let (_, effects) = try driver.register(2, tokens[1], canLead: true)
        #expect(driver.hub.state.epoch == 2, "\(effects)")
    }

    @Test func `an epoch is told to nobody before it is durable`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1, .master)
        driver.syncsAtOnce = false
        let (connection, effects) = try driver.register(1, token, canLead: true)
        #expect(effects.messages(to: connection).isEmpty)
        let released = driver.sync().messages(to: connection)
        guard case .registered(let registered) = released.first else { throw HubDriver.Unexpected(what: "\(released)") }
        #expect(registered.leadership.epoch == 1)
    }
}
