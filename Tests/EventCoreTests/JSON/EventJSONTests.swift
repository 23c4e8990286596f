import EventCore
import Simulation
import Testing
import Workload

@Suite struct EventJSONTests {
    @Test(arguments: ArbitraryJSON.seeds)
    func `an event comes back from its canonical form`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<30 {
            let event = try ArbitraryJSON.event(&random)
            let canonical = event.canonicalJSON
            #expect(try Event(json: canonical) == event, "seed \(seed): \(String(decoding: canonical, as: UTF8.self))")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `the canonical form is canonical JSON on one line`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<30 {
            let canonical = try ArbitraryJSON.event(&random).canonicalJSON
            #expect(
                canonical.withUnsafeBufferPointer { FieldValue.isCanonical($0) },
                "seed \(seed): \(String(decoding: canonical, as: UTF8.self))")
            #expect(!canonical.contains(0x0A), "seed \(seed)")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `every spelling of an event has the same canonical form`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<30 {
            let event = try ArbitraryJSON.event(&random)
            let tree = try JSONValue(json: event.canonicalJSON)
            let spelled = SpelledJSON(tree, seed: random.next()).text
            #expect(try Event(json: spelled.utf8).canonicalJSON == event.canonicalJSON, "seed \(seed): \(spelled)")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `one parser reads many events, refused ones between them, as new parsers do`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var parser = EventParser()
        for _ in 0..<30 {
            let event = try ArbitraryJSON.event(&random)
            let line = Array(SpelledJSON(try JSONValue(json: event.canonicalJSON), seed: random.next()).text.utf8)
            let cut = line.prefix(random.below(line.count))
            // A prefix lacks its brace, whatever it is.
            #expect(throws: JSONError.self) { try Array(cut).withUnsafeBufferPointer { _ = try parser.event($0) } }
            #expect(try line.withUnsafeBufferPointer { try parser.event($0) } == event, "seed \(seed)")
        }
    }

    @Test func `every part has its place in the canonical form`() throws {
        let line = """
            {"device":"467fd1e3-dd18-5468-a980-b6b45d94434a","seq":2,"time":1637599940000,"tick":7,"kind":"undo","collection":"teams",
             "record":"mods","context":{"4e1fbf6a-1fd9-59f8-b95e-bd86fe849925":8,"467fd1e3-dd18-5468-a980-b6b45d94434a":1},"epoch":3,
             "undoes":"4e1fbf6a-1fd9-59f8-b95e-bd86fe849925:8","set":{"people.members":["user-127f9d57"],"a":1.0,"\u{FB33}":1,"😀":2},
             "unset":["website","b"],"note":"why","critical":true,"delete":false}
            """
        let event = try Event(json: line.utf8)
        #expect(
            String(decoding: event.canonicalJSON, as: UTF8.self) == """
                {"collection":"teams","context":{"467fd1e3-dd18-5468-a980-b6b45d94434a":1,"4e1fbf6a-1fd9-59f8-b95e-bd86fe849925":8},\
                "critical":true,"device":"467fd1e3-dd18-5468-a980-b6b45d94434a","epoch":3,"kind":"undo","note":"why","record":"mods","seq":2,\
                "set":{"a":1,"people.members":["user-127f9d57"],"😀":2,"\u{FB33}":1},"tick":7,"time":1637599940000,\
                "undoes":"4e1fbf6a-1fd9-59f8-b95e-bd86fe849925:8","unset":["b","website"]}
                """)
        #expect(event.time.milliseconds == 1_637_599_940_000 && event.time.tick == 7)
        #expect(event.kind == .undo && event.epoch == 3 && event.isCritical && event.note?.text == "why")
        #expect(event.undoes?.seq == 8 && event.context.entries.count == 2)
    }

    @Test func `what may be left out is left out`() throws {
        let short = #"{"collection":"c","device":"00000000-0000-0000-0000-000000000001","record":"r","seq":1,"set":{"f":null},"time":0}"#
        let long =
            short.dropLast() + #","tick":0,"kind":"edit","critical":false,"delete":false,"unset":[],"context":{}}"#
        #expect(try Event(json: long.utf8) == Event(json: short.utf8))
        #expect(try Event(json: long.utf8).canonicalJSON == Array(short.utf8))
        let delete = #"{"collection":"c","delete":true,"device":"00000000-0000-0000-0000-000000000001","record":"r","seq":1,"time":0}"#
        #expect(try Event(json: delete.utf8).body == .delete)
        #expect(try Event(json: (delete.dropLast() + #","set":{},"unset":[]}"#).utf8).canonicalJSON == Array(delete.utf8))
        let empty = short.dropLast() + #","note":""}"#
        #expect(try Event(json: empty.utf8).note == Note(""))
    }

    @Test func `a line is read where it lies in a greater buffer`() throws {
        let line = #"{"collection":"c","device":"00000000-0000-0000-0000-000000000001","record":"r","seq":1,"set":{"f":null},"time":0}"#
        let text = Array("garbage\(line)\r\n{".utf8)
        let event = try text.withUnsafeBufferPointer { bytes in
            try Event(json: UnsafeBufferPointer(rebasing: bytes[7..<(7 + line.utf8.count + 2)]))
        }
        #expect(event.canonicalJSON == Array(line.utf8))
    }

    @Test func `an event may have 256 KiB of canonical form and not a byte more, however it is spelled`() throws {
        func line(valueBytes: Int, filler: String) -> String {
            let head = #"{"collection":"c","device":"00000000-0000-0000-0000-000000000001","record":"r","seq":1,"set":{"f":""#
            return head + String(repeating: filler, count: valueBytes) + #""},"time":0}"#
        }
        let overhead = line(valueBytes: 0, filler: "").utf8.count
        let room = Limits.eventBytes - overhead
        #expect(try Event(json: line(valueBytes: room, filler: "a").utf8).canonicalJSON.count == Limits.eventBytes)
        #expect(try Event(json: line(valueBytes: room, filler: "\\u0061").utf8).canonicalJSON.count == Limits.eventBytes)
        let refusal = JSONError(line: 1, column: 1, offset: 0, reason: .event(.eventTooLarge(bytes: Limits.eventBytes + 1)))
        #expect(throws: refusal) { try Event(json: line(valueBytes: room + 1, filler: "a").utf8) }
    }

    @Test func `an event whose canonical form grows beyond the limit is refused though its line is shorter`() {
        let numbers = repeatElement("1e20", count: 16_000).joined(separator: ",")
        let line =
            #"{"collection":"c","device":"00000000-0000-0000-0000-000000000001","record":"r","seq":1,"set":{"f":[\#(numbers)]},"time":0}"#
        #expect(line.utf8.count < Limits.eventBytes)
        let error = #expect(throws: JSONError.self) { try Event(json: line.utf8) }
        guard case .event(.eventTooLarge) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Traps in the parser end the whole run; that is the point.
    @Test func `no change of one byte makes the parser do anything but read or refuse`() {
        var line = Array(
            #"{"device":"00000000-0000-0000-0000-00000000000a","seq":1,"time":0,"collection":"c","record":"r","set":{"f":"\u00e9"}}"#.utf8)
        for index in line.indices {
            let original = line[index]
            for byte in UInt8.min...UInt8.max {
                line[index] = byte
                line.withUnsafeBytes(fuzzEventJSON)
            }
            line[index] = original
        }
        for length in 0...line.count { line.withUnsafeBytes { fuzzEventJSON(UnsafeRawBufferPointer(rebasing: $0[..<length])) } }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `no change of a few bytes of an event does either`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            var line = Array(
                SpelledJSON(try JSONValue(json: try ArbitraryJSON.event(&random).canonicalJSON), seed: random.next()).text.utf8)
            for _ in 0...random.below(3) {
                let index = random.below(line.count)
                switch random.below(3) {
                case 0: line[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: line.remove(at: index)
                default: line.insert(line[random.below(line.count)], at: index)
                }
            }
            line.withUnsafeBytes(fuzzEventJSON)
        }
    }
}
