import EventCore
import EventSamples
import SyncCore
import Testing

/// Critical events: at once, again, until each device has ended it.
struct HubCriticalTests {
    private static func setUp(limits: SyncLimits = SyncLimits()) throws -> (HubDriver, [Secret]) {
        var driver = HubDriver(limits: limits)
        let tokens = [try driver.enrol(1), try driver.enrol(2), try driver.enrol(3, .reader)]
        return (driver, tokens)
    }

    private static func critical(_ driver: inout HubDriver, _ token: Secret, seq: UInt64 = 1) throws -> [HubEffect] {
        let event = try Event.sample(1, seq, record: "r\(seq)", isCritical: true)
        return driver.step(
            .call(RequestID(400 + seq), .push(PushRequest(batch: [event], eventCount: 1, byteCount: 1, chains: []), token: token)))
    }

    @Test func `it goes to every device but the writer, at once, and the writer is told who has it`() throws {
        var (driver, tokens) = try Self.setUp()
        let (writer, _) = try driver.register(1, tokens[0])
        let (client, _) = try driver.register(2, tokens[1])
        let effects = try Self.critical(&driver, tokens[0])
        #expect(effects.deliveries(to: client).map(\.attempt) == [1] && effects.deliveries(to: client).allSatisfy(\.includesEvent))
        #expect(effects.deliveries(to: writer).isEmpty)
        let dot = Dot(device: .sample(1), seq: 1)
        #expect(effects.messages(to: writer).contains(.acknowledged(dot, by: [], missing: [.sample(2), .sample(3)])))
        let done = driver.step(.received(client, .acknowledge(Position(0), .done)))
        #expect(done.messages(to: writer) == [.acknowledged(dot, by: [.sample(2)], missing: [.sample(3)])])
        // The reader comes later, and gets it first thing.
        let (reader, opening) = try driver.register(3, tokens[2])
        guard case .registered = opening.messages(to: reader).first else { throw HubDriver.Unexpected(what: "\(opening)") }
        #expect(opening.deliveries(to: reader).map(\.attempt) == [1])
        let refused = driver.step(.received(reader, .acknowledge(Position(0), .refused)))
        #expect(refused.messages(to: writer) == [.acknowledged(dot, by: [.sample(2), .sample(3)], missing: [])])
        #expect(driver.hub.state.openCritical.isEmpty)
        #expect(driver.step(.received(reader, .acknowledge(Position(0), .done))).isEmpty)
    }

    @Test func `it is sent again after 1, 5, 30 and 120 seconds, then shown as undelivered; a reconnect begins anew`() throws {
        var (driver, tokens) = try Self.setUp()
        let (client, _) = try driver.register(2, tokens[1])
        var attempts: [UInt64] = []
        let start = driver.time
        if try Self.critical(&driver, tokens[0]).deliveries(to: client).count == 1 { attempts.append(0) }
        while driver.time < start + 300_000 {
            driver.time += 500
            if driver.time % 5_000 == 0 {
                _ = driver.step(.received(client, .heartbeat(DeviceHeartbeat(id: 1, epoch: 0, lag: 0, pending: 0))))
            }
            for _ in driver.step(.tick).deliveries(to: client) { attempts.append(driver.time - start) }
        }
        #expect(attempts == [0, 1_000, 6_000, 36_000, 156_000])
        guard case .status(let status) = driver.call(.status(token: tokens[1])) else { return }
        #expect(status.caller.undelivered == [Position(0)] && status.pendingCritical == [Position(0)])
        _ = driver.step(.disconnected(client))
        driver.time += 1_000_000
        #expect(driver.step(.tick).deliveries(to: client).isEmpty)
        let (again, opening) = try driver.register(2, tokens[1])
        #expect(opening.deliveries(to: again).map(\.attempt) == [1])
    }

    @Test func `more critical events than a socket takes come as there is room, and nobody is closed for it`() throws {
        var limits = SyncLimits()
        limits.queuedMessages = 8
        var (driver, tokens) = try Self.setUp(limits: limits)
        let count: UInt64 = 50
        for seq in 1...count { _ = try Self.critical(&driver, tokens[0], seq: seq) }
        /// What comes to a socket that takes one message after the other.
        func drain(_ connection: ConnectionID, _ opening: [HubEffect]) -> [HubMessage] {
            var messages = opening.messages(to: connection)
            var taken = 0
            while taken < messages.count {
                #expect(messages.count - taken <= limits.queuedMessages)
                taken += 1
                let effects = driver.step(.sent(connection, messages: 1))
                #expect(!effects.contains(.close(connection, .slowReader)))
                messages += effects.messages(to: connection)
            }
            return messages
        }
        let (client, opening) = try driver.register(2, tokens[1])
        #expect(!opening.contains(.close(client, .slowReader)))
        let deliveries = drain(client, opening).compactMap { if case .criticalEvent(let delivery) = $0 { delivery } else { nil } }
        #expect(deliveries.map(\.id) == (0..<count).map { Position($0) } && deliveries.allSatisfy { $0.attempt == 1 })
        let (writer, words) = try driver.register(1, tokens[0])
        let told = drain(writer, words).compactMap { if case .acknowledged(let dot, _, _) = $0 { dot.seq } else { nil } }
        #expect(told == Array(1...count))
        // What a device has ended meanwhile is not sent to it any more.
        _ = driver.step(.disconnected(client))
        let (again, first) = try driver.register(2, tokens[1])
        for delivery in 0..<count { _ = driver.step(.received(again, .acknowledge(Position(delivery), .done))) }
        #expect(drain(again, first).count == first.messages(to: again).count)
    }

    @Test func `later means at the next connect; also after a restart of the hub`() throws {
        var (driver, tokens) = try Self.setUp()
        let (client, _) = try driver.register(2, tokens[1])
        _ = try Self.critical(&driver, tokens[0])
        _ = driver.step(.received(client, .acknowledge(Position(0), .later)))
        driver.time += 10_000
        #expect(driver.step(.tick).deliveries(to: client).isEmpty)
        for _ in 0..<2 {
            _ = driver.restart()
            let (again, opening) = try driver.register(2, tokens[1])
            #expect(opening.deliveries(to: again).map(\.id) == [Position(0)])
        }
    }

    @Test func `what the log has and no record notes, as after a crash between the two, is found at the start`() throws {
        var (driver, tokens) = try Self.setUp()
        driver.syncsAtOnce = false
        _ = try Self.critical(&driver, tokens[0])
        // The log came to the disk, the records did not.
        driver.disk = driver.hub.log
        driver.syncsAtOnce = true
        _ = driver.restart()
        #expect(driver.hub.state.openCritical[Position(0)]?.pending == [.sample(2), .sample(3)])
        let count = driver.journal.count
        _ = driver.restart()
        #expect(driver.journal.count == count && driver.hub.state.openCritical.count == 1)
    }

    @Test func `one that is too large for a frame comes without the event; who is revoked is not waited for`() throws {
        var limits = SyncLimits()
        limits.messageBytes = 1_100
        var (driver, tokens) = try Self.setUp(limits: limits)
        let (client, _) = try driver.register(2, tokens[1])
        #expect(try Self.critical(&driver, tokens[0]).deliveries(to: client).map(\.includesEvent) == [false])
        let (writer, _) = try driver.register(1, tokens[0])
        let effects = driver.step(.call(RequestID(700), .revokeLocally(.sample(3))))
        let dot = Dot(device: .sample(1), seq: 1)
        #expect(effects.messages(to: writer) == [.acknowledged(dot, by: [], missing: [.sample(2)])])
        _ = driver.call(.revokeLocally(.sample(2)))
        #expect(driver.hub.state.openCritical.isEmpty)
    }

    @Test func `who wrote it under an id before a mended fork is its writer`() throws {
        var driver = HubDriver()
        let (old, client) = (try driver.enrol(1), try driver.enrol(2))
        let new = try driver.enrol(4, formerly: 1)
        let (connection, _) = try driver.register(4, new)
        let effects = try Self.critical(&driver, old)
        #expect(effects.deliveries(to: connection).isEmpty)
        let (other, opening) = try driver.register(2, client)
        #expect(opening.deliveries(to: other).count == 1)
    }
}
