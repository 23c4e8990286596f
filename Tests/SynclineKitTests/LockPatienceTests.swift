import LogStore
import SyncClient
import Testing

/// How long somebody waits for a store's lock, on a clock of the test's.
@Suite struct LockPatienceTests {
    private let command = LockHolder(process: 1, command: "syncline sync")
    private let prompt = LockHolder(process: 2, command: "syncline", .prompt)

    /// When it gives up, asked ten times a second for three minutes; nil where it does not.
    private func end(_ seconds: Double, _ other: (_ now: Double) -> LockHolder?) -> Double? {
        var patience = LockPatience(seconds: seconds, start: 1000)
        return (0..<1800).map { Double($0) / 10 }.first { !patience.lasts(against: other($0), now: 1000 + $0) }
    }

    @Test func `a writer waits five seconds for one that does not go, and a watch two minutes`() {
        #expect(end(LockPatience.writerSeconds) { _ in command } == 5)
        #expect(end(LockPatience.watchSeconds) { _ in command } == 120)
        // Also where it does not say who it is.
        #expect(end(LockPatience.writerSeconds) { _ in nil } == 5)
        #expect(end(LockPatience.watchSeconds) { _ in nil } == 120)
    }

    @Test(arguments: [LockPatience.writerSeconds, LockPatience.watchSeconds, LockPatience.holderSeconds])
    func `nobody waits long for one that holds the store`(seconds: Double) {
        #expect(end(seconds) { _ in prompt } == 0.5)
    }

    @Test func `writers that come and go are waited for, for a minute, and by a watch for two`() {
        func passing(_ now: Double) -> LockHolder { LockHolder(process: Int32(now), command: "syncline put") }
        #expect(end(LockPatience.writerSeconds, passing) == 60)
        #expect(end(LockPatience.watchSeconds, passing) == 120)
        // One that comes late is waited for as long as any other.
        #expect(end(LockPatience.writerSeconds) { $0 < 10 ? passing($0) : command } == 15)
        #expect(end(LockPatience.writerSeconds) { $0 < 10 ? passing($0) : prompt } == 10.5)
    }
}
