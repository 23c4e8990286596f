import EventCore
import EventSamples
import SyncCore
import Testing

/// Codes, challenges, tokens, revocation.
struct HubEnrolmentTests {
    private static func enrolment(_ number: UInt64, code: Secret, key: [UInt8]? = nil, chain: ChainHead? = nil) -> Enrolment {
        let device = DeviceID.sample(number)
        return Enrolment(
            device: device, code: code, name: "", publicKey: key ?? HubDriver.key(of: device),
            chain: chain ?? ChainHead(emptyChainOf: device))
    }

    @Test func `a code is worth one device, until it expires, also over a restart; repeating after a lost answer is no second use`() throws
    {
        var driver = HubDriver()
        let code = Secret.sample(1)
        func enrol(_ number: UInt64, _ code: Secret, key: [UInt8]? = nil) -> HubCall<[Event]> {
            .enrol(Self.enrolment(number, code: code, key: key), random: .sample(50 + number))
        }
        #expect(driver.call(enrol(1, code)) == .problem(Problem(.codeInvalid)))
        #expect(driver.call(.invite(code: code, .reader, lifetimeMilliseconds: 1_000)) == .invited(expiresInMilliseconds: 1_000))
        guard case .enrolled(_, .reader, _, _) = driver.call(enrol(1, code)) else { throw HubDriver.Unexpected(what: "not enrolled") }
        _ = driver.restart()
        guard case .enrolled = driver.call(enrol(1, code)) else { throw HubDriver.Unexpected(what: "not repeatable") }
        #expect(driver.call(enrol(1, code, key: Array(repeating: 1, count: 32))) == .problem(Problem(.deviceTaken)))
        #expect(driver.call(enrol(2, code)) == .problem(Problem(.codeSpent)))
        driver.time += 1_000
        #expect(driver.call(enrol(2, code)) == .problem(Problem(.codeExpired)))
        #expect(driver.hub.state.devices.keys.map { $0 } == [.sample(1)])
        // What is kept are hashes.
        #expect(driver.hub.state.codes.keys.map { $0 } == [TestCryptography.sha256(code.bytes)])
    }

    @Test func `what a device wrote before it joined is known, also where it says more of it when it repeats, and over restarts`() throws {
        var driver = HubDriver()
        let chain = TestCryptography.chain(of: .sample(1), try (1...4).map { try Event.sample(1, $0, record: "r\($0)") })
        _ = driver.call(.invite(code: .sample(1), .client, lifetimeMilliseconds: nil))
        _ = driver.call(.invite(code: .sample(2), .client, lifetimeMilliseconds: nil))
        func seq(_ head: ChainHead, _ code: Secret) -> UInt64? {
            _ = driver.call(.enrol(Self.enrolment(1, code: code, chain: head), random: .sample(3)))
            _ = driver.restart()
            return driver.hub.state.devices[.sample(1)]?.seqAtEnrolment
        }
        #expect(seq(chain[2], .sample(1)) == 2)
        #expect(seq(chain[3], .sample(1)) == 3)
        #expect(seq(chain[1], .sample(1)) == 3)
        #expect(seq(chain[4], .sample(2)) == 4)
        #expect(seq(chain[0], .sample(2)) == 4)
    }

    @Test func `an id whose events are here needs the chain that they have`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(9)
        let events = try (1...3).map { try Event.sample(1, $0, record: "r\($0)") }
        _ = try driver.push(events, token)
        _ = driver.call(.invite(code: .sample(1), .client, lifetimeMilliseconds: nil))
        let other = TestCryptography.chain(of: .sample(1), [try Event.sample(1, 1, value: "2")])
        #expect(
            driver.call(.enrol(Self.enrolment(1, code: .sample(1), chain: other[1]), random: .sample(2))) == .problem(Problem(.fork)))
        let own = TestCryptography.chain(of: .sample(1), events)
        guard case .enrolled = driver.call(.enrol(Self.enrolment(1, code: .sample(1), chain: own[2]), random: .sample(2))) else {
            throw HubDriver.Unexpected(what: "its own chain is refused")
        }
    }

    @Test func `a nonce is used once and within a minute, and only the device's key opens a session`() throws {
        var driver = HubDriver()
        _ = try driver.enrol(1)
        let device = DeviceID.sample(1)
        func challenge(_ driver: inout HubDriver, _ number: UInt64) -> Secret {
            #expect(
                driver.call(.challenge(device, random: .sample(number)))
                    == .challenge(nonce: .sample(number), expiresInMilliseconds: 60_000))
            return .sample(number)
        }
        func open(_ nonce: Secret, key: [UInt8]) -> HubCall<[Event]> {
            let proof = SessionProof.bytes(workspace: HubDriver.workspace, device: device, nonce: nonce)
            return .openSession(device, nonce: nonce, signature: TestCryptography.sign(proof, with: key), random: .sample(99))
        }
        let refused = HubReply.problem(Problem(.challengeInvalid))
        let first = challenge(&driver, 10)
        #expect(driver.call(open(first, key: HubDriver.key(of: .sample(2)))) == .problem(Problem(.signatureInvalid)))
        // A wrong signature uses it up, too.
        #expect(driver.call(open(first, key: HubDriver.key(of: device))) == refused)
        let second = challenge(&driver, 11)
        #expect(driver.call(open(second, key: HubDriver.key(of: device))) == .session(token: .sample(99), expiresInMilliseconds: 3_600_000))
        #expect(driver.call(open(second, key: HubDriver.key(of: device))) == refused)
        let third = challenge(&driver, 12)
        driver.time += 60_000
        #expect(driver.call(open(third, key: HubDriver.key(of: device))) == refused)
        #expect(driver.call(.challenge(.sample(7), random: .sample(1))) == .problem(Problem(.notFound)))
        // The token opens what it opens, for an hour, also over a restart.
        _ = driver.restart()
        guard case .status = driver.call(.status(token: .sample(99))) else {
            throw HubDriver.Unexpected(what: "the token is worth nothing")
        }
        driver.time += 3_600_000
        #expect(driver.call(.status(token: .sample(99))) == .problem(Problem(.tokenExpired)))
        #expect(driver.call(.status(token: .sample(98))) == .problem(Problem(.tokenUnknown)))
        #expect(driver.call(.status(token: nil)) == .problem(Problem(.tokenMissing)))
    }

    @Test func `revoking ends sockets and waiting pulls in the same step, and needs the newest lease`() throws {
        var driver = HubDriver()
        let (master, old, victim) = (try driver.enrol(1, .master), try driver.enrol(2, .master), try driver.enrol(3))
        let (first, _) = try driver.register(2, old, canLead: true)
        _ = driver.step(.disconnected(first))
        driver.time += driver.hub.limits.leaseMilliseconds
        _ = driver.step(.tick)
        _ = try driver.register(1, master, canLead: true)
        #expect(driver.hub.state.grants.holders == [.sample(2), .sample(1)])
        let (connection, _) = try driver.register(3, victim)
        let wait = PullRequest(waitMilliseconds: 60_000)
        _ = driver.step(.call(RequestID(800), .pull(wait, token: victim)))
        #expect(driver.call(.revoke(.sample(3), epoch: 1, token: old)) == .problem(Problem(.epochStale)))
        #expect(driver.call(.revoke(.sample(3), epoch: 2, token: old)) == .problem(Problem(.epochNeverGranted)))
        #expect(driver.call(.revoke(.sample(3), epoch: 0, token: master)) == .problem(Problem(.notMaster)))
        #expect(driver.call(.revoke(.sample(3), epoch: 2, token: victim)) == .problem(Problem(.notAllowed)))
        #expect(driver.call(.revoke(.sample(8), epoch: 2, token: master)) == .problem(Problem(.notFound)))
        let effects = driver.step(.call(RequestID(801), .revoke(.sample(3), epoch: 2, token: master)))
        #expect(effects.reply(to: RequestID(801)) == .revoked(at: Position(0)))
        #expect(effects.contains(.close(connection, .revoked)))
        #expect(effects.reply(to: RequestID(800)) == .problem(Problem(.revoked)))
        #expect(driver.call(.status(token: victim)) == .problem(Problem(.revoked)))
        #expect(driver.call(.challenge(.sample(3), random: .sample(1))) == .problem(Problem(.revoked)))
    }

    @Test func `the state is the fold of what was stored, and the fold of its own records`() throws {
        var driver = HubDriver()
        let tokens = [try driver.enrol(1, .master), try driver.enrol(2), try driver.enrol(3, .reader)]
        _ = try driver.register(1, tokens[0], canLead: true)
        let (connection, _) = try driver.register(2, tokens[1])
        _ = try driver.push([try .sample(1, 1, epoch: 1, isCritical: true), try .sample(4, 1, isCritical: true)], tokens[0])
        _ = driver.step(.received(connection, .acknowledge(Position(0), .done)))
        _ = driver.call(.revokeLocally(.sample(3)))
        #expect(HubState(driver.journal) == driver.hub.state)
        #expect(HubState(driver.hub.state.records(wall: driver.now.wall)) == driver.hub.state)
        #expect(driver.hub.state.openCritical.count == 1 && driver.hub.state.grants.holders.count == 1)
        let later = HubState(driver.hub.state.records(wall: driver.now.wall + 3_600_000))
        #expect(later.tokens.isEmpty && later.codes.isEmpty && later.devices == driver.hub.state.devices)
    }
}
