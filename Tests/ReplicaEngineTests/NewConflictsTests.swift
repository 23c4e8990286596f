import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Which conflicts are new since a position, and what was written since: against all conflicts and all events, before and after.
struct NewConflictsTests {
    @Test(arguments: 1...40) func `new conflicts are those that were not there before`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var stores = [try Store(1, wall: 1_700_000_000_000), try Store(2, wall: 1_700_000_000_500)]
        for _ in 0..<30 {
            let (writer, reader) = random.chance(1, in: 2) ? (0, 1) : (1, 0)
            try stores[writer].write(&random, "seed \(seed)")
            let (end, before) = (stores[reader].replica.end, try stores[reader].openKeys())
            try stores[reader].take(from: stores[writer], &random)
            let after = try stores[reader].openKeys()
            let events = try Array(stores[reader].events()[Int(end.index)...])
            let touched = try stores[reader].replica.touched(from: end)
            #expect(Set(touched.keys) == Set(events.map(\.key)), "seed \(seed)")
            #expect(touched.keys.count == Set(touched.keys).count, "seed \(seed)")
            #expect(touched.devices == Set(events.map(\.dot.device)), "seed \(seed)")
            let found = try stores[reader].replica.newConflicts(since: end, limit: 16)
            #expect(found.sorted() == after.subtracting(before).sorted(), "seed \(seed)")
            let first = try stores[reader].replica.newConflicts(since: end, limit: 1)
            #expect(first == Array(found.prefix(1)), "seed \(seed)")
            if random.chance(1, in: 8) { try stores[reader].reopen() }
        }
    }
}

extension Store {
    fileprivate func openKeys() throws -> Set<RecordKey> { Set(try replica.conflicts().map(\.key)) }
}
