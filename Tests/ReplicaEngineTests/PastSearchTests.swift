import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// Records that showed a value at a moment are found as if every record of then had been read.
struct PastSearchTests {
    @Test(arguments: 0..<8 as Range<UInt64>) func `under policies the records are found that showed each value`(seed: UInt64) throws {
        var store = try SearchedStore(seed: seed)
        for round in 0..<2 {
            if round > 0 { try store.changePolicies(wall: 1) }
            if seed % 4 == 0 { try store.reopen { try $0.saveTimes() } }
            let (end, some) = (store.replica.end.index, store.history.events[store.random.below(store.history.events.count)])
            let moments: [Moment] = [
                .position(Position(UInt64(store.random.below(Int(end))))), .position(Position(end)), .dot(some.dot),
                .time(milliseconds: some.time.milliseconds),
            ]
            for moment in moments {
                let all = try Self.shown(store.replica, moment)
                var wanted = store.someValues(all.flatMap(\.shown)).map { [$0] }
                wanted += all.prefix(2).map(\.shown)
                for values in wanted {
                    for collection in [nil, all.first?.key.collection] {
                        let expected = all.filter { $0.shows(values) && (collection == nil || $0.key.collection == collection) }
                        let name = "seed \(seed), round \(round), \(moment), \(values)"
                        #expect(
                            try Self.shown(store.replica, moment, values, in: collection).filter { $0.shows(values) } == expected, "\(name)"
                        )
                    }
                }
            }
        }
    }

    @Test func `few are looked at one by one, and many come from one pass over the log`() throws {
        let replica = try ReferenceTests.replica()
        let (f, g) = (try Name("f"), try Name("g"))
        func write(_ record: Int, _ field: Name, _ value: String) throws {
            let key = RecordKey(collection: try Name("notes"), record: try Name("r\(record)"))
            let body = try EventBody.writing(set: [FieldWrite(field: field, value: Store.value(value))])
            _ = try replica.commit([Draft(key: key, body: body)], wall: 1)
        }
        for record in 0..<40 { try write(record, f, "1") }
        for record in 0..<3 { try write(record, g, "2") }
        let moment = Moment.position(replica.end)
        for record in 0..<30 { try write(record, f, "3") }
        func wanted(_ field: Name, _ value: String) -> FieldWrite { FieldWrite(field: field, value: Store.value(value)) }
        /// How many records are looked at.
        func count(_ values: FieldWrite...) throws -> Int {
            let found = try Self.shown(replica, moment, values)
            #expect(found.filter { $0.shows(values) } == (try Self.shown(replica, moment)).filter { $0.shows(values) }, "\(values)")
            return found.count
        }
        #expect(try count(wanted(g, "2")) == 3)
        #expect(try count(wanted(f, "3")) == 0)
        #expect(try count(wanted(f, "1")) == 40)
        #expect(try count(wanted(f, "1"), wanted(g, "2")) == 3)
        // Nobody has ever written it.
        var told = 0
        try replica.decidedRecords(in: nil, at: moment, mayShow: [wanted(try Name("h"), "1")], progress: { _, _ in told += 1 }) { _ in true
        }
        #expect(told == 0)
        let unknown = Dot(device: DeviceID(high: 9, low: 9), seq: 1000)
        #expect(throws: ReplicaError.unknownEvent(unknown)) { try Self.shown(replica, .dot(unknown), [wanted(try Name("h"), "1")]) }
        var seen = 0
        try replica.decidedRecords(in: nil, at: moment, mayShow: [wanted(g, "2")], progress: { _, _ in told += 1 }) { _ in
            seen += 1
            return seen < 2
        }
        #expect(seen == 2 && told > 0)
        // Stretches that are said to have no event that writes the field are not read.
        var lie = LogTimes()
        lie.add(replica.end.index, 0...UInt64.max >> 1)
        replica.sealedTimes = lie
        #expect(try Self.shown(replica, moment, [wanted(g, "2")]).isEmpty)
    }

    @Test func `what a policy made of several values is found though nobody wrote it`() throws {
        var (store, other) = (try Store(1, wall: 1_000_000), try Store(2, wall: 1_000_000))
        let a = try Name("a")
        _ = try store.set(a, "[1]")
        _ = try other.replica.ingest(try store.events())
        _ = try (store.set(a, "[1,2]"), other.set(a, "[1,3]"))
        _ = try store.replica.ingest(try other.events())
        let policy = RecordKey(collection: .policies, record: try Name("trips"))
        let body = try EventBody.writing(set: [FieldWrite(field: a, value: FieldValue(text: "union"))])
        _ = try store.replica.commit([Draft(key: policy, body: body)], wall: 2_000_000)
        let wanted = [FieldWrite(field: a, value: Store.value("[1,2,3]"))]
        #expect(try Self.shown(store.replica, .position(store.replica.end), wanted).count { $0.shows(wanted) } == 1)
    }

    private struct Shown: Hashable {
        let key: RecordKey
        let shown: [FieldWrite]
        let isDeleted: Bool

        func shows(_ values: [FieldWrite]) -> Bool { values.allSatisfy(shown.contains) }
    }

    private static func shown(
        _ replica: Replica<FaultyVolume>, _ moment: Moment, _ values: [FieldWrite]? = nil, in collection: Name? = nil
    ) throws -> [Shown] {
        var found: [Shown] = []
        func note(_ record: DecidedRecord) -> Bool {
            found.append(Shown(key: record.key, shown: record.shown, isDeleted: record.isDeleted))
            return true
        }
        if let values {
            try replica.decidedRecords(in: collection, at: moment, mayShow: values, note)
        } else {
            try replica.decidedRecords(in: collection, at: moment, note)
        }
        return found
    }
}
