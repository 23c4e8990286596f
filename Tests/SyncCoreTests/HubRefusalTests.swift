import EventCore
import EventSamples
import SyncCore
import Testing

/// What a hub says to calls that ask too much, or nothing that makes sense.
struct HubRefusalTests {
    private func enrolment(_ number: UInt64, _ code: Secret, key: [UInt8]? = nil) -> Enrolment {
        let device = DeviceID.sample(number)
        return Enrolment(
            device: device, code: code, name: "a", publicKey: key ?? HubDriver.key(of: device), chain: ChainHead(emptyChainOf: device))
    }

    @Test func `strangers share a few calls a second, and devices do not suffer from it`() throws {
        var limits = SyncLimits()
        (limits.strangersPerSecond, limits.strangersAtOnce) = (1, 3)
        var driver = HubDriver(limits: limits)
        let token = try driver.enrol(1)
        for _ in 0..<2 {
            #expect(driver.call(.enrol(enrolment(2, .sample(1)), random: .sample(2))) == .problem(Problem(.codeInvalid)))
        }
        let calls: [HubCall<[Event]>] = [
            .enrol(enrolment(2, .sample(1)), random: .sample(2)), .challenge(.sample(1), random: .sample(3)),
            .openSession(.sample(1), nonce: .sample(4), signature: [], random: .sample(5)),
        ]
        for call in calls {
            guard case .problem(let problem) = driver.call(call) else { throw HubDriver.Unexpected(what: "\(call)") }
            #expect(problem.code == .rateLimited && (1...1000).contains(problem.retryAfterMilliseconds ?? 0))
        }
        guard case .status = driver.call(.status(token: token)) else { throw HubDriver.Unexpected(what: "a device is not a stranger") }
        driver.time += 1000
        #expect(driver.call(.enrol(enrolment(2, .sample(1)), random: .sample(2))) == .problem(Problem(.codeInvalid)))
    }

    @Test func `a key has 32 bytes, and a revoked device does not come back with a new code`() throws {
        var driver = HubDriver()
        _ = try driver.enrol(1)
        let code = Secret.sample(77)
        _ = driver.call(.invite(code: code, .client, lifetimeMilliseconds: nil))
        for key in [[], [UInt8](repeating: 1, count: 31), [UInt8](repeating: 1, count: 33)] {
            #expect(driver.call(.enrol(enrolment(2, code, key: key), random: .sample(2))) == .problem(Problem(.malformed)))
        }
        _ = driver.call(.revokeLocally(.sample(1)))
        #expect(driver.call(.enrol(enrolment(1, code), random: .sample(2))) == .problem(Problem(.revoked)))
        // The code is as good as before.
        guard case .enrolled = driver.call(.enrol(enrolment(2, code), random: .sample(2))) else {
            throw HubDriver.Unexpected(what: "the code was spent")
        }
    }

    @Test func `a page has at least one event`() throws {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        _ = try driver.push([try .sample(1, 1)], token)
        for limit in [0, -1] {
            #expect(driver.call(.pull(PullRequest(limit: limit), token: token)) == .problem(Problem(.malformed)))
        }
        guard case .pulled(let page) = driver.call(.pull(PullRequest(limit: 1), token: token)) else {
            throw HubDriver.Unexpected(what: "no page")
        }
        #expect(page.positions == Position(0)..<Position(1))
    }

    @Test func `a disk that cannot be read ends the hub, whoever asks first`() throws {
        let cursor = Cursor(log: LogID(high: 1, low: 1), position: Position(0), digest: .zero).bytes
        let head = SignedHead(head: ChainHead(dot: Dot(device: .sample(1), seq: 1), hash: .zero), signature: nil)
        for call in 0..<4 {
            var driver = HubDriver()
            let token = try driver.enrol(1)
            let code = Secret.sample(77)
            _ = driver.call(.invite(code: code, .client, lifetimeMilliseconds: nil))
            driver.hub.log.isBroken = true
            let calls: [HubCall<[Event]>] = [
                .status(token: token), .pull(PullRequest(cursor: cursor), token: token),
                .push(PushRequest(batch: [], eventCount: 0, byteCount: 0, chains: [head]), token: token),
                .enrol(enrolment(2, code), random: .sample(2)),
            ]
            #expect(driver.step(.call(RequestID(900), calls[call])) == [.stop])
            #expect(driver.step(.tick).isEmpty)
        }
        var broken = ModelHubLog(id: LogID(high: 1, low: 1))
        broken.isBroken = true
        var hub = TestHub(workspace: HubDriver.workspace, state: HubState(), log: broken, now: .at(0))
        #expect(hub.start(now: .at(0)) == [.stop])
    }
}
