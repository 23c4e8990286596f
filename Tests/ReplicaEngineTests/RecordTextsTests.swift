import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// Lines of the canonical dump that are written straight from cells: byte for byte those that are made of records as values.
struct RecordTextsTests {
    /// Lines made of values, by record; and what was written from cells.
    private static func compare(_ replica: Replica<FaultyVolume>, _ name: String) throws -> (fromCells: Int, fromValues: Int) {
        var (dump, fromCells, fromValues) = ([UInt8](), 0, 0)
        let texts = RecordTexts(replica.table)
        try replica.records(in: nil) { record in
            var writer = JSONWriter()
            CanonicalDump.append(record, to: &writer)
            dump += writer.bytes
            let place = try #require(try replica.place(of: record.key))
            var line = LineBuffer()
            if texts.append(place, of: replica.table, to: &line) {
                fromCells += 1
                #expect(line.withBytes { $0.elementsEqual(writer.bytes) }, "\(name), \(record.key)")
            } else {
                fromValues += 1
            }
            return true
        }
        var whole: [UInt8] = []
        try replica.canonicalDump { whole += $0 }
        #expect(whole == dump, "\(name)")
        return (fromCells, fromValues)
    }

    /// A store in which each of these events was written with all that its record had.
    private static func store(_ writes: [(device: UInt64, record: String, body: EventBody)]) throws -> Replica<FaultyVolume> {
        let store = try Store(99, wall: 2_000_000)
        var (clocks, seqs) = ([RecordKey: VersionVector](), [DeviceID: UInt64]())
        for write in writes {
            let device = DeviceID(high: write.device, low: 7)
            let key = try RecordKey(collection: Name("a\"\u{1}é"), record: Name(write.record))
            seqs[device, default: 0] += 1
            let dot = Dot(device: device, seq: seqs[device] ?? 0)
            let context = clocks[key] ?? VersionVector()
            let event = try Event(
                dot: dot, key: key, context: context, time: try HybridTime(milliseconds: 1000 + dot.seq, tick: 0), body: write.body)
            clocks[key, default: VersionVector()].advance(to: dot)
            #expect(try store.replica.ingest([event]).waiting == 0)
        }
        return store.replica
    }

    private static func setting(_ writes: [(String, String)]) throws -> EventBody {
        try .writing(set: writes.map { FieldWrite(field: try Name($0.0), value: try FieldValue(json: Array($0.1.utf8))) })
    }

    @Test func `every type and length of value, under names that JSON escapes and sorts in its own way`() throws {
        let strings = [0, 1, 19, 20, 21, 30, 31, 32, 33, 300, 100_000].map { "\"\(String(repeating: "x", count: $0))\"" }
        let numbers = [
            "0", "-1", "127", "128", "-128", "-129", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0.5",
        ]
        let others = ["null", "true", "false", "[]", "{\"a\":[1,\"\\n\"]}", "\"\\\"\\\\\\u0001\"", "\"\u{E000}\u{10000}é\"", "1e21"]
        let fields = ["\u{E000}", "\u{10000}", "é", "a\"", "\\", "\u{1}", "z"]
        var writes: [(device: UInt64, record: String, body: EventBody)] = []
        for (index, value) in (strings + numbers + others).enumerated() {
            writes.append((UInt64(index % 5), "plain \(index)", try Self.setting([(fields[index % fields.count], value)])))
            writes.append((UInt64(9 - index % 5), "\"\\\u{2}\u{E000}", try Self.setting(fields.map { ($0, value) })))
        }
        writes.append((3, "gone", try Self.setting([("z", "1"), ("a\"", "2")])))
        writes.append((4, "gone", try .writing(set: [], unset: [Name("z")])))
        let found = try Self.compare(try Self.store(writes), "values")
        #expect(found.fromCells == strings.count + numbers.count + others.count + 2 && found.fromValues == 0)
    }

    @Test func `more fields than have a place, more devices than are sorted, and a deleted record are made of values`() throws {
        let many = try Self.setting((0..<70).map { ("f\($0)", "\($0)") })
        let few = try Self.setting((0..<63).reversed().map { ("f\($0)", "\($0)") })
        var writes: [(device: UInt64, record: String, body: EventBody)] = [(1, "few", few), (1, "many", many)]
        for device in 0..<64 as Range<UInt64> { writes.append(((device * 37) % 64, "sixty-four", few)) }
        for device in 0..<65 as Range<UInt64> { writes.append(((device * 37) % 65, "sixty-five", few)) }
        writes += [(1, "deleted", few), (2, "deleted", .delete)]
        let found = try Self.compare(try Self.store(writes), "limits")
        #expect(found.fromCells == 2 && found.fromValues == 3)
    }

    @Test(arguments: Array(0..<6 as Range<UInt64>)) func `in random histories`(seed: UInt64) throws {
        let history = try ReferenceTests.history(seed)
        let replica = try ReferenceTests.replica()
        _ = try replica.ingest(history.shuffledCausally(seed: seed))
        _ = try Self.compare(replica, "seed \(seed)")
    }

    @Test func `of many records, few of which have siblings, with the order of a checkpoint and without`() throws {
        let store = try Store(9, wall: 0)
        try store.replica.adopt(Array(WorkloadW(events: 20_000, seed: 3)))
        let sorted = try Self.compare(store.replica, "sorted")
        #expect(sorted.fromCells > 1000 && sorted.fromValues > 10)
        let dump = try store.dump()
        try store.replica.checkpoint()
        try store.replica.close()
        // Not all is checked here before the first thousand lines are there.
        let opened = try Replica.open(in: "disk/store", on: store.volume, access: .reading)
        var again: [UInt8] = []
        try opened.canonicalDump { again += $0 }
        #expect(String(decoding: again, as: UTF8.self) == dump)
    }

    @Test func `of records whose lines take more than a piece has, contested ones among them`() throws {
        let long = String(repeating: "long ", count: 800)
        var writes: [(device: UInt64, record: String, body: EventBody)] = []
        for number in 0..<600 {
            writes.append((1, "r\(1000 + number)", try Self.setting([("z", "\"\(long)\(number)\""), ("a\"", "\(number)")])))
        }
        let found = try Self.compare(try Self.store(writes), "large")
        #expect(found.fromCells == 600)
        // What lies between two pieces of 256 KiB is made of values.
        for number in stride(from: 0, to: 600, by: 13) { writes.append((2, "r\(1000 + number)", .delete)) }
        let mixed = try Self.compare(try Self.store(writes), "mixed")
        #expect(mixed.fromValues == 47 && mixed.fromCells == 553)
    }
}
