import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// A store with a random history, in which values are looked for while policies come and it is opened anew.
struct SearchedStore {
    let history: RandomHistory
    private(set) var replica: Replica<FaultyVolume>
    var random: SeededRandom
    private let volume = FaultyVolume()

    init(seed: UInt64) throws {
        history = try RandomHistory(
            seed: seed, options: .init(devices: 4, records: 12, fields: 3, events: 120, meetsOften: seed % 2 == 0))
        replica = try ReferenceTests.replica(on: volume)
        _ = try replica.ingest(history.shuffled(seed: seed))
        random = SeededRandom(seed: seed)
    }

    /// Other policies hold in each collection from now on.
    mutating func changePolicies(wall: UInt64) throws {
        let keys = Set(history.events.map(\.key.collection))
        _ = try replica.commit(try OpenConflictTests.policies(for: keys, replica, &random), wall: wall)
    }

    /// Opens it anew from a checkpoint, behind which it has what `body` makes of it.
    mutating func reopen(_ body: (Replica<FaultyVolume>) throws -> Void = { _ in }) throws {
        try replica.checkpoint()
        try body(replica)
        try replica.close()
        replica = try Replica.open(in: "disk/store", on: volume, access: .writing)
    }

    /// Some of these values and of those that were ever written.
    mutating func someValues(_ shown: [FieldWrite]) -> [FieldWrite] {
        var writes = Set(shown)
        for event in history.events { if case .write(let set, _) = event.body { writes.formUnion(set) } }
        return Array(writes.sorted(by: { "\($0)" < "\($1)" }).shuffled(using: &random).prefix(6))
    }
}
