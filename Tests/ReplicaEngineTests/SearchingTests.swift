import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// Records that show a value are found among all as if each one had been read.
struct SearchingTests {
    @Test(arguments: 0..<8 as Range<UInt64>) func `under policies the records are found that show each value`(seed: UInt64) throws {
        var store = try SearchedStore(seed: seed)
        for round in 0..<4 {
            let name = "seed \(seed), round \(round)"
            if round > 0 { try store.changePolicies(wall: UInt64(round)) }
            if store.random.chance(1, in: 2) { try store.reopen() }
            var all: [DecidedRecord] = []
            try store.replica.decidedRecords(in: nil) { record in
                all.append(record)
                return true
            }
            for write in store.someValues(all.flatMap(\.shown)) { try Self.expect([write], all, store.replica, name) }
            for record in all.prefix(2) where !record.shown.isEmpty { try Self.expect(record.shown, all, store.replica, name) }
        }
    }

    @Test func `every kind of value is found, and none that only begins like it`() throws {
        let replica = try ReferenceTests.replica()
        let texts = [
            "null", "false", "true", "0", "-1", "127", "128", "9007199254740993", "1.5", "1e300", "\"\"", "\"a\"", "\"a\\n\"", "[1]",
            "[1,2]", "{}",
            "{\"a\":[]}",
        ]
        var values = try texts.map { try FieldValue(json: Array($0.utf8)) }
        for length in [19, 20, 21, 29, 30, 31, 32, 127, 128, 300, 600] {
            values.append(FieldValue(text: String(repeating: "x", count: length)))
            values.append(FieldValue(text: String(repeating: "x", count: length - 1) + "y"))
            values.append(FieldValue(text: String(repeating: "\u{E9}\n", count: length)))
        }
        // More fields than have a place in a cell: the last ones lie elsewhere.
        let fields = try (0..<70).map { try Name("f\($0)") }
        let collection = try Name("values")
        for (number, value) in values.enumerated() {
            let set = fields.map { FieldWrite(field: $0, value: value) }
            let key = RecordKey(collection: collection, record: try Name("r\(number)"))
            _ = try replica.commit([Draft(key: key, body: try .writing(set: set))], wall: 1)
        }
        for (number, value) in values.enumerated() {
            for field in [fields[0], fields[62], fields[69]] {
                let found = try Self.keys(replica, [FieldWrite(field: field, value: value)])
                #expect(found == [try Name("r\(number)")], "\(value)")
            }
        }
        #expect(try Self.keys(replica, [FieldWrite(field: Name("none"), value: values[0])]).isEmpty)
        #expect(try Self.keys(replica, [FieldWrite(field: fields[0], value: FieldValue(text: "z"))]).isEmpty)
    }

    @Test func `looking says how far it has come, and ends when nobody wants more`() throws {
        let replica = try ReferenceTests.replica()
        let field = try Name("f")
        for number in 0..<9 {
            let key = RecordKey(collection: try Name("notes"), record: try Name("r\(number)"))
            let body = try EventBody.writing(set: [FieldWrite(field: field, value: Store.value("1"))])
            _ = try replica.commit([Draft(key: key, body: body)], wall: 1)
        }
        var (told, found) = ([(Int, Int)](), 0)
        try replica.decidedRecords(
            in: nil, mayShow: [FieldWrite(field: field, value: Store.value("1"))], progress: { told.append(($0, $1)) }
        ) { _ in
            found += 1
            return found < 4
        }
        #expect(found == 4 && told.map(\.0) == [0] && told.map(\.1) == [9])
    }

    private static func keys(_ replica: Replica<FaultyVolume>, _ values: [FieldWrite]) throws -> [Name] {
        var keys: [Name] = []
        try replica.decidedRecords(in: nil, mayShow: values) { record in
            keys.append(record.key.record)
            return true
        }
        return keys
    }

    private static func expect(_ values: [FieldWrite], _ all: [DecidedRecord], _ replica: Replica<FaultyVolume>, _ name: String) throws {
        func shows(_ record: DecidedRecord) -> Bool { values.allSatisfy { record.shown($0.field) == $0.value } }
        for collection in [nil, all.first?.key.collection] {
            var found: [DecidedRecord] = []
            try replica.decidedRecords(in: collection, mayShow: values) { record in
                found.append(record)
                return true
            }
            #expect(
                found.filter(shows) == all.filter { shows($0) && (collection == nil || $0.key.collection == collection) },
                "\(name), \(values)")
        }
    }
}
