import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Chains of a log whose end is short beside the rest: its events are read through their records' histories.
struct ChainTailTests {
    @Test(arguments: [1, 2] as [UInt64]) func `behind a cache the chains are those of the whole log, on old records and new ones`(
        seed: UInt64
    ) throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        try replica.adopt(Array(WorkloadW(events: 6_000, seed: seed)))
        try replica.checkpoint()
        _ = try replica.chainHeads()
        let rare = try (0..<3_000).compactMap { number -> RecordKey? in
            let key = try #require(try replica.key(at: Position(UInt64(number))))
            return try replica.eventCount(of: key) <= 3 ? key : nil
        }
        let keys = try rare.prefix(8) + (0..<4).map { try RecordKey(collection: Name("new"), record: Name("r\($0)")) }
        for (number, key) in keys.enumerated() {
            let value = FieldValue(uncheckedCanonical: Array("\(number)".utf8))
            let body = try EventBody.writing(set: [FieldWrite(field: Name("f"), value: value)])
            _ = try replica.commit([Draft(key: key, body: body), Draft(key: key, body: .delete)], wall: 1_900_000_000_000)
        }
        try replica.close()
        let opened = try Replica.open(in: "disk/store", on: volume, access: .reading)
        let whole = try Replica.verify(in: "disk/store", on: volume, deep: true)
        #expect(try opened.chainHeads() == whole.chains && whole.isChainCacheWrong == false, "seed \(seed)")
        #expect(whole.chains?.first { $0.dot.device == opened.device }?.dot.seq == 24)
    }
}
