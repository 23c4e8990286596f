import EventCore
import Simulation
import Testing

@testable import ReplicaEngine

/// Times found by one look at the whole log are those that the histories have.
struct ContestedTimesTests {
    @Test(arguments: ReferenceTests.seeds, [false, true])
    func `times of contested entries are the same from the log as from histories`(seed: UInt64, isSealed: Bool) throws {
        let history = try ReferenceTests.history(seed)
        let replica = try ReferenceTests.replica()
        _ = try replica.ingest(history.shuffled(seed: seed))
        if isSealed { try replica.checkpoint() }
        let times = try replica.timesOfContested(many: 0)
        var expected: [Dot: HybridTime] = [:]
        for key in Set(history.events.map(\.key)) {
            let record = try #require(try replica.record(key))
            let contested = Set(record.fields.filter(\.isContested).flatMap(\.versions).map(\.dot))
            for logged in try replica.history(of: key) where contested.contains(logged.event.dot) {
                expected[logged.event.dot] = logged.event.time
            }
        }
        #expect(!expected.isEmpty || seed > 0)
        #expect(times == expected)
        #expect(try replica.timesOfContested(many: expected.count + 1).isEmpty)
    }
}
