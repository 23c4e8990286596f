import EventCore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// What is counted and listed without histories is what each record's own conflict, out of its whole history, leaves open under any policies.
struct OpenConflictTests {
    @Test(arguments: 0..<24 as Range<UInt64>) func `under policies open conflicts are counted and listed as each record has them`(
        seed: UInt64
    ) throws {
        let history = try RandomHistory(seed: seed, options: .init(devices: 3 + Int(seed % 3), records: 5, fields: 3, events: 80))
        let replica = try ReferenceTests.replica()
        _ = try replica.ingest(history.shuffled(seed: seed))
        var random = SeededRandom(seed: seed)
        let keys = Set(history.events.map(\.key)).sorted()
        for round in 0..<12 {
            let name = "seed \(seed), round \(round)"
            _ = try replica.commit(try Self.policies(for: Set(keys.map(\.collection)), replica, &random), wall: UInt64(round))
            var expected: [(key: RecordKey, fields: [Name], isDeletionOpen: Bool)] = []
            for key in keys {
                guard let conflict = try replica.conflict(key), conflict.isOpen else { continue }
                expected.append((key, conflict.openFields.map(\.field), conflict.isDeletionOpen))
            }
            var found: [OpenConflict] = []
            try replica.openConflicts { conflict in
                found.append(conflict)
                return true
            }
            #expect(found.map(\.key) == expected.map(\.key), "\(name)")
            #expect(found.map(\.fields) == expected.map(\.fields), "\(name)")
            #expect(found.map(\.isDeletionOpen) == expected.map(\.isDeletionOpen), "\(name)")
            #expect(try replica.openConflictCount() == expected.count, "\(name)")
            #expect(try replica.conflicts().map(\.key) == expected.map(\.key), "\(name)")
            for filter in try Self.filters(keys, replica, &random) {
                var some: [OpenConflict] = []
                try replica.openConflicts(in: filter.collection, over: filter.field, of: filter.device) { conflict in
                    some.append(conflict)
                    return true
                }
                let meant = found.filter { conflict in
                    (filter.collection ?? conflict.key.collection) == conflict.key.collection
                        && (filter.field.map(conflict.fields.contains) ?? true) && (filter.device.map(conflict.involves) ?? true)
                }
                #expect(some == meant, "\(name), \(filter)")
            }
            for key in keys.shuffled(using: &random).prefix(2) {
                guard let shown = try replica.decided(key)?.shown.randomElement(using: &random) else { continue }
                for values in [[shown], [shown, FieldWrite(field: shown.field, value: FieldValue(text: "nobody wrote this"))], []] {
                    var some: [RecordKey] = []
                    try replica.eachConflict(in: key.collection, mayShow: values) { conflict in
                        if values.allSatisfy(conflict.shown.contains) { some.append(conflict.key) }
                        return true
                    }
                    let meant = try expected.map(\.key).filter { other in
                        guard other.collection == key.collection, let conflict = try replica.conflict(other) else { return false }
                        return values.allSatisfy(conflict.shown.contains)
                    }
                    #expect(some == meant, "\(name), \(values)")
                }
            }
            // The same moment as a position: the policies are those of then.
            var then: [RecordKey] = []
            try replica.openConflicts(at: .position(replica.end)) { conflict in
                then.append(conflict.key)
                return true
            }
            #expect(then == expected.map(\.key), "\(name)")
        }
    }

    /// Some that meet and some that do not.
    private static func filters(
        _ keys: [RecordKey], _ replica: Replica<FaultyVolume>, _ random: inout SeededRandom
    ) throws -> [(collection: Name?, field: Name?, device: DeviceID?)] {
        let devices = [DeviceID(high: 99, low: 99)] + replica.versionVector.entries.map(\.device)
        let fields = [try Name("nobody writes this")] + (try replica.fieldNames(in: nil))
        return (0..<4).map { _ in
            (
                random.chance(1, in: 3) ? keys[random.below(keys.count)].collection : nil,
                random.chance(2, in: 3) ? fields[random.below(fields.count)] : nil,
                random.chance(1, in: 2) ? devices[random.below(devices.count)] : nil
            )
        }
    }

    /// A policy for the rest of each collection, and for some of its fields.
    static func policies(
        for collections: Set<Name>, _ replica: Replica<FaultyVolume>, _ random: inout SeededRandom
    ) throws -> [Draft] {
        var drafts: [Draft] = []
        for collection in collections.sorted() {
            var writes = [FieldWrite(field: .restOfFields, value: word(&random))]
            for field in try replica.fieldNames(in: collection) where random.chance(1, in: 2) {
                writes.append(FieldWrite(field: field, value: word(&random)))
            }
            drafts.append(Draft(key: RecordKey(collection: .policies, record: collection), body: try .writing(set: writes)))
        }
        return drafts
    }

    private static func word(_ random: inout SeededRandom) -> FieldValue {
        FieldValue(text: Policy.allCases[random.below(Policy.allCases.count)].word)
    }
}
