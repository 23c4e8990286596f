import EventCore
import EventSamples
import SyncCore
import Testing

/// A line that is too slow for a push: less goes up at once, until it gets through.
struct PushSizeTests {
    /// A session that has just ordered a push of as much as goes up at once.
    private func pushing() -> DeviceDriver {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(20_000), ownSeq: 20_000)))
        driver.connect()
        driver.answer(0, head: 0)
        driver.page(0, head: 0, events: 0)
        return driver
    }

    private func take(_ driver: inout DeviceDriver, upTo end: UInt64, head: UInt64) {
        let run = DeviceRun(device: .sample(1), seqs: 1...end)
        driver.answer(end, head: head, events: [run], [VerdictRun(.accepted(Position(0)), count: Int(end))], scannedTo: end)
    }

    @Test func `what does not come in time is halved and goes up at once, down to a smallest share; then it waits its turn`() {
        var driver = pushing()
        let whole = driver.order
        #expect(whole?.limitEvents == 5_000 && whole?.limitBytes == 4 * 1024 * 1024)
        for divisor in [2, 4, 8, 16, 32, 64, 128] {
            driver.fail(.slowBody)
            #expect(driver.order?.limitEvents == 5_000 / divisor, "\(divisor)")
            #expect(driver.order?.limitBytes ?? 0 <= 4 * 1024 * 1024 / divisor, "\(divisor)")
        }
        driver.step(.pushFailed(attempt: driver.attempt, .problem(Problem(.slowBody))), random: 400)
        #expect(driver.order == nil && driver.state == .error(.slowBody) && driver.status?.advice == .checkNetwork)
        #expect(driver.wake == driver.time + 400)
    }

    @Test func `a push that breaks off is smaller when the hub is there again; quick ones grow, slow ones and last ones do not`() {
        var driver = pushing()
        driver.step(.pushFailed(attempt: driver.attempt, .unreachable))
        #expect(driver.state == .offline(sinceWall: ClockReading.at(0).wall))
        driver.step(.tick)
        driver.register()
        driver.answer(0, head: 0)
        driver.page(0, head: 0, events: 0)
        #expect(driver.order?.limitEvents == 2_500)
        // A quarter of the deadline is no evidence for twice as much.
        driver.time += SyncLimits().bodyMilliseconds / 4
        take(&driver, upTo: 2_500, head: 2_500)
        driver.page(2_500, head: 2_500, events: 0)
        #expect(driver.order?.limitEvents == 2_500)
        driver.time += 1_000
        take(&driver, upTo: 5_000, head: 5_000)
        driver.page(5_000, head: 5_000, events: 0)
        #expect(driver.order?.limitEvents == 5_000)
    }

    @Test func `a question and a pull that break off say nothing about pushes`() {
        var driver = DeviceDriver()
        driver.step(.wrote(LocalLog(end: Position(20_000), ownSeq: 20_000)))
        driver.connect()
        driver.step(.pushFailed(attempt: driver.attempt, .unreachable))
        driver.step(.tick)
        driver.register()
        driver.answer(0, head: 0)
        driver.step(.pullFailed(attempt: driver.attempt, .unreachable))
        driver.time += 30_000
        driver.step(.tick)
        driver.register()
        // It is the push's turn.
        driver.answer(0, head: 0)
        #expect(driver.order?.limitEvents == 5_000)
    }

    @Test func `who is told to wait before the socket is open waits for so long`() {
        var driver = DeviceDriver()
        driver.step(.start)
        driver.step(.openFailed(attempt: driver.attempt, .problem(Problem(.rateLimited, retryAfterMilliseconds: 7_000))))
        #expect(driver.state == .error(.rateLimited) && driver.wake == driver.time + 7_000)
    }
}
