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
        for record in 0..<20 {
            let key = RecordKey(collection: try Name("trips"), record: try Name("other\(record)"))
            let body = try EventBody.writing(set: [FieldWrite(field: a, value: Store.value("[5]"))])
            _ = try store.replica.commit([Draft(key: key, body: body)], wall: 3_000_000)
        }
        let moment = Moment.position(store.replica.end)
        #expect(try Self.shown(store.replica, moment, wanted).map(\.key.record) == [Name("rome")])
        #expect(try Self.shown(store.replica, moment, wanted).count { $0.shows(wanted) } == 1)
        // An item that nobody wrote is in no set, and no policy makes a set a number.
        for value in ["[1,2,3,40]", "1"] {
            #expect(try Self.shown(store.replica, moment, [FieldWrite(field: a, value: Store.value(value))]).isEmpty, "\(value)")
        }
    }

    @Test func `what an edit shows again next to a delete is found though no entry holds it`() throws {
        var (store, other) = (try Store(1, wall: 1_000_000), try Store(2, wall: 1_000_000))
        let (a, b, policies) = (try Name("a"), try Name("b"), RecordKey(collection: .policies, record: try Name("trips")))
        let key = try store.set(a, "1").key
        _ = try other.replica.ingest(try store.events())
        _ = try (other.commit([Draft(key: key, body: .delete)]), store.set(b, "2"), store.set(b, "3"))
        _ = try store.replica.ingest(try other.events())
        let latest = try EventBody.writing(set: [FieldWrite(field: .restOfFields, value: FieldValue(text: "latest"))])
        _ = try store.replica.commit([Draft(key: policies, body: latest)], wall: 2_000_000)
        let moment = Moment.position(store.replica.end)
        for (field, value, count) in [(a, "1", 1), (b, "3", 1), (b, "2", 0)] {
            let wanted = [FieldWrite(field: field, value: Store.value(value))]
            #expect(try Self.shown(store.replica, moment, wanted).count { $0.shows(wanted) } == count, "\(field) \(value)")
        }
    }

    @Test func `a log is looked through in pieces, past the stretches in which nothing passes`() throws {
        var (times, filter) = (LogTimes(), AuditFilter())
        for bounds in [0...5, 100...105, 3...8, 0...200] as [ClosedRange<UInt64>] { times.add(512, bounds) }
        func pieces(_ end: UInt64, _ count: UInt64) -> [Range<UInt64>] {
            PassingStretches(filter, in: times).pieces(before: Position(end), ofAtMost: count).map {
                $0.lowerBound.index..<$0.upperBound.index
            }
        }
        #expect(pieces(2300, 4096) == [0..<2300] && pieces(0, 10).isEmpty && pieces(7, 10) == [0..<7])
        filter.until = 50
        #expect(pieces(2300, 4096) == [0..<512, 1024..<2300])
        #expect(pieces(2300, 600) == [0..<512, 1024..<2048, 2048..<2300])
        #expect(pieces(2300, 100) == [0..<512, 1024..<1536, 1536..<2048, 2048..<2148, 2148..<2248, 2248..<2300])
        #expect(pieces(1200, 100) == [0..<512, 1024..<1200] && pieces(900, 100) == [0..<512])
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `on several cores the records are found that one finds`(seed: UInt64) throws {
        var store = try SearchedStore(seed: seed)
        let (replica, whole) = (store.replica, Position(0)..<store.replica.end)
        // Many small pieces, which cut through blocks; and every second one of these.
        let small = stride(from: 0, to: whole.upperBound.index, by: 3).map { Position($0)..<Position(min($0 + 3, whole.upperBound.index)) }
        for wanted in store.someValues([]) {
            for collection in [nil, store.history.events[0].key.collection] {
                func keys(_ pieces: [Range<Position>], atMost most: Int = 1000, _ progress: (Int) -> Void = { _ in }) throws -> [RecordKey]?
                {
                    try replica.keys(in: collection, thatHad: WantedWrite(wanted, madeBy: []), atMost: most, in: pieces, progress)
                }
                let events = store.history.events.filter { event in
                    guard collection == nil || event.key.collection == collection, case .write(let set, _) = event.body else {
                        return false
                    }
                    return set.contains(wanted)
                }
                let expected = Set(events.map(\.key)).sorted()
                var told: [Int] = []
                #expect(try keys(small) { told.append($0) } == expected, "seed \(seed), \(wanted)")
                #expect(told == told.sorted())
                #expect(try keys([whole]) == expected, "seed \(seed), \(wanted)")
                #expect(try keys(small, atMost: expected.count) == expected)
                if !expected.isEmpty { #expect(try keys(small, atMost: expected.count - 1) == nil) }
            }
        }
    }

    @Test func `each block is looked at once, by whoever has the piece that it begins in`() throws {
        let replica = try SearchedStore(seed: 1).replica
        func blocks(_ pieces: [Range<UInt64>]) throws -> [UInt64] {
            let look = LogLook<FaultyVolume, [UInt64]>(replica.log) { (own, block) throws(ReplicaError) in
                own.append(block.first.index)
                return false
            }
            let pieces = pieces.map { Position($0.lowerBound)..<Position($0.upperBound) }
            return try look.lookers(through: pieces, progress: { _ in }, making: { [] }).flatMap(\.self).sorted()
        }
        let end = replica.end.index
        let all = try blocks([0..<end])
        #expect(Set(all).count == all.count && all.count > 3)
        #expect(try blocks(stride(from: 0, to: end, by: 1).map { $0..<($0 + 1) }) == all)
        // Where nobody has the piece before, it is the one's that holds its end.
        let last = try #require(all.last)
        try #require(last + 1 < end)
        #expect(try blocks([(last + 1)..<end]) == [last])
        #expect(try blocks([0..<1, (last + 1)..<end]) == [0, last])
    }

    @Test func `a block that cannot be read is an error, whoever reads it`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        for piece in try ReferenceTests.history(3).events.chunked(3) { _ = try replica.ingest(piece) }
        try replica.checkpoint()
        try replica.close()
        let (whole, path) = (volume.state, "disk/store/log/00000001-000000000000.segment")
        func count(_ state: DiskState, _ pieceEvents: Int) throws -> Int {
            let log = try EventLog.open(in: "disk/store", on: FaultyVolume(state), access: .reading)
            let look = LogLook<FaultyVolume, Int>(log) { (own, block) throws(ReplicaError) in
                own += Int(block.header.count)
                return false
            }
            let pieces = stride(from: 0, to: log.end.index, by: pieceEvents).map { Position($0)..<Position($0 + UInt64(pieceEvents)) }
            return try look.lookers(through: pieces, progress: { _ in }, making: { 0 }).reduce(0, +)
        }
        let events = Int(replica.end.index)
        var failures = [0, 0]
        for byte in stride(from: 1536, to: try #require(whole.files[path]?.count), by: 97) {
            var state = whole
            state.flipBit(byte * 8, of: path)
            for (index, pieceEvents) in [3, 1 << 18].enumerated() {
                do { #expect(try count(state, pieceEvents) == events, "byte \(byte)") } catch { failures[index] += 1 }
            }
        }
        // Whoever begins in the middle of a segment reads its index, too.
        #expect(failures[0] >= failures[1] && failures[1] > 10, "\(failures)")
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
