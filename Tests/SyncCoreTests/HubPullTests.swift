import EventCore
import EventSamples
import SyncCore
import Testing

/// Cursors, pages, waiting.
struct HubPullTests {
    private static func filled(_ count: UInt64) throws -> (HubDriver, Secret) {
        var driver = HubDriver()
        let token = try driver.enrol(1)
        _ = try driver.push(try (1...count).map { try .sample(1, $0, record: "r\($0)") }, token)
        return (driver, token)
    }

    private static func pull(
        _ driver: inout HubDriver, _ token: Secret, _ cursor: Cursor?, limit: Int? = nil
    ) throws -> PullAnswer {
        let reply = driver.call(.pull(PullRequest(cursor: cursor?.bytes, limit: limit), token: token))
        guard case .pulled(let answer) = reply else { throw HubDriver.Unexpected(what: "\(String(describing: reply))") }
        return answer
    }

    @Test func `pages cover the log once, in order, and end at the head`() throws {
        var (driver, token) = try Self.filled(7)
        for limit in 1...8 {
            var (cursor, positions): (Cursor?, [UInt64]) = (nil, [])
            while true {
                let answer = try Self.pull(&driver, token, cursor, limit: limit)
                positions += (answer.positions.lowerBound.index..<answer.positions.upperBound.index)
                cursor = answer.cursor
                if !answer.hasMore { break }
            }
            #expect(positions == Array(0..<7))
            #expect(try Self.pull(&driver, token, cursor).positions.isEmpty)
        }
    }

    @Test func `what the caller has already no page begins with, and the cursor moves on behind it`() throws {
        var (driver, token) = try Self.filled(5)
        let other = try driver.enrol(2)
        _ = try driver.push([try .sample(2, 1, record: "x"), try .sample(2, 2, record: "y")], other)
        _ = try driver.push([try .sample(1, 6, record: "z")], token)
        func pull(_ known: [Dot], _ cursor: Cursor?) throws -> PullAnswer {
            let request = PullRequest(cursor: cursor?.bytes, known: VersionVector(known), waitMilliseconds: 5_000)
            guard case .pulled(let answer) = driver.call(.pull(request, token: token)) else { throw HubDriver.Unexpected(what: "no page") }
            return answer
        }
        let (own, others) = (DeviceID.sample(1), DeviceID.sample(2))
        #expect(try pull([Dot(device: own, seq: 6)], nil).positions == Position(5)..<Position(8))
        #expect(try pull([Dot(device: own, seq: 3)], nil).positions == Position(3)..<Position(8))
        #expect(try pull([Dot(device: others, seq: 2)], nil).positions == Position(0)..<Position(8))
        // All of it: nothing is sent, and nobody waits, as the cursor has moved.
        let nothing = try pull([Dot(device: own, seq: 6), Dot(device: others, seq: 9)], nil)
        #expect(nothing.positions == Position(8)..<Position(8) && nothing.cursor.position == Position(8) && !nothing.hasMore)
        let rest = try Self.pull(&driver, token, nil, limit: 7)
        #expect(try pull([Dot(device: own, seq: 6)], rest.cursor).positions.isEmpty)
    }

    @Test func `a cursor of another log, from beyond the end, of other events, or of nonsense cannot be recovered`() throws {
        var (driver, token) = try Self.filled(3)
        let good = try Self.pull(&driver, token, nil).cursor
        let wrong = [
            Cursor(log: LogID(high: 9, low: 9), position: good.position, digest: good.digest).bytes,
            Cursor(log: good.log, position: Position(4), digest: good.digest).bytes,
            Cursor(log: good.log, position: Position(2), digest: good.digest).bytes,
            Cursor(log: good.log, position: good.position, digest: .zero).bytes, [], [1], good.bytes + [0],
        ]
        for bytes in wrong {
            let reply = driver.call(.pull(PullRequest(cursor: bytes), token: token))
            #expect(reply == .problem(Problem(.cursorUnrecoverable)))
        }
        #expect(ProblemCode.cursorUnrecoverable.status == 410)
    }

    @Test func `a waiting pull is answered when the head moves, when its time is over, or not at all when its caller has gone`() throws {
        var (driver, token) = try Self.filled(1)
        let cursor = try Self.pull(&driver, token, nil).cursor
        let wait = PullRequest(cursor: cursor.bytes, waitMilliseconds: 2_000)
        for request in 500...502 as ClosedRange<UInt64> {
            #expect(driver.step(.call(RequestID(request), .pull(wait, token: token))).reply(to: RequestID(request)) == nil)
        }
        _ = driver.step(.cancelled(RequestID(501)))
        driver.time += 1_999
        #expect(!driver.step(.tick).contains { if case .reply = $0 { true } else { false } })
        driver.syncsAtOnce = false
        let push = PushRequest(batch: [try Event.sample(1, 2, record: "x")], eventCount: 1, byteCount: 1, chains: [])
        #expect(driver.step(.call(RequestID(600), .push(push, token: token))).reply(to: RequestID(500)) == nil)
        let effects = driver.sync()
        for request in [500, 502] as [UInt64] {
            guard case .pulled(let answer) = effects.reply(to: RequestID(request)) else { throw HubDriver.Unexpected(what: "\(effects)") }
            #expect(answer.positions == Position(1)..<Position(2))
        }
        #expect(effects.reply(to: RequestID(501)) == nil)
        guard case .pulled(let answer) = effects.reply(to: RequestID(500)) else { return }
        let again = PullRequest(cursor: answer.cursor.bytes, waitMilliseconds: 2_000)
        _ = driver.step(.call(RequestID(700), .pull(again, token: token)))
        driver.time += 2_000
        guard case .pulled(let nothing) = driver.step(.tick).reply(to: RequestID(700)) else {
            throw HubDriver.Unexpected(what: "it waits for ever")
        }
        #expect(nothing.positions.isEmpty)
    }
}
