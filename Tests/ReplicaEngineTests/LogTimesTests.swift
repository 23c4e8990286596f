import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// What the times of the log's stretches leave out makes no difference to what a record was at a time.
struct LogTimesTests {
    private static let path = "disk/store/" + LogTimes.fileName

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `a record at a time is the fold of the events that count then, in a log of many stretches`(
        seed: UInt64
    ) throws {
        let volume = FaultyVolume()
        var replica = try ReferenceTests.replica(on: volume)
        var random = SeededRandom(seed: seed)
        var events = try Self.history(seed, &random)[...]
        let times = events.map(\.time.milliseconds)
        while !events.isEmpty {
            let piece = events.prefix(200 + random.below(900))
            events = events.dropFirst(piece.count)
            _ = try replica.ingest(Array(piece))
            if random.chance(1, in: 2) { try replica.checkpoint() }
            if random.chance(1, in: 2) { try replica.saveTimes() }
            if random.chance(1, in: 3) {
                try replica.close()
                replica = try Replica.open(in: "disk/store", on: volume, access: .writing)
            }
        }
        for key in try replica.keys().shuffled(using: &random).prefix(3) {
            let history = try replica.history(of: key).map(\.event)
            for time in (0..<12).map({ _ in times[random.below(times.count)] }) + [0, .max >> 17] {
                var (late, counting) = ([Dot](), [Event]())
                for event in history {
                    if event.time.milliseconds > time || late.contains(where: event.context.covers) {
                        late.append(event.dot)
                    } else {
                        counting.append(event)
                    }
                }
                let (found, expected) = (try replica.record(key, at: .time(milliseconds: time)), try RecordFold.folded(counting, key))
                let name = "seed \(seed), \(key), \(time)"
                #expect(found?.fields == expected?.fields && found?.heads == expected?.heads, "\(name)")
                #expect(found?.clock == expected?.clock && found?.tombstones == expected?.tombstones, "\(name)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the trail leaves out no stretch that holds what is asked for`(seed: UInt64) throws {
        let replica = try ReferenceTests.replica(on: FaultyVolume())
        var random = SeededRandom(seed: seed)
        let history = try Self.history(seed, &random)
        for piece in [history[..<1800], history[1800..<2700], history[2700...]] {
            _ = try replica.ingest(Array(piece))
            if piece.endIndex < history.count { try replica.checkpoint() }
        }
        let times = history.map(\.time.milliseconds)
        var questions: [(filter: AuditFilter, passes: (Event) -> Bool)] = []
        for time in (0..<4).map({ _ in times[random.below(times.count)] }) + [times.max() ?? 0, 0] {
            var (since, until) = (AuditFilter(), AuditFilter())
            (since.since, until.until) = (time, time)
            questions += [(since, { $0.time.milliseconds >= time }), (until, { $0.time.milliseconds <= time })]
        }
        for kind in [EventKind.resolve, .import] {
            var filter = AuditFilter()
            filter.kind = kind
            questions.append((filter, { $0.kind == kind }))
        }
        var critical = AuditFilter()
        critical.criticalOnly = true
        questions.append((critical, { $0.isCritical }))
        let log = try replica.allEvents()
        /// The entries by a filter; with none by one pass over the log.
        func entries(_ filter: AuditFilter, _ limit: Int? = nil) throws -> [AuditEntry] {
            var found: [AuditEntry] = []
            try replica.audit(filter, limit: limit, newestFirst: false) { entry in
                found.append(entry)
                return true
            }
            return found
        }
        let all = try entries(AuditFilter())
        #expect(all.map(\.row.dot) == log.map(\.dot))
        func expectAnswers(_ name: String) throws {
            for (filter, passes) in questions {
                let expected = zip(log, all).filter { passes($0.0) }.map(\.1)
                for limit in [nil, 40] {
                    let name = "seed \(seed), \(name), \(filter), \(String(describing: limit))"
                    #expect(try entries(filter, limit) == expected.suffix(limit ?? .max), "\(name)")
                }
            }
        }
        try expectAnswers("without times")
        try replica.saveTimes()
        try expectAnswers("with times")
        // Times that lie show that they are asked: nothing is of any kind.
        var lie = LogTimes()
        lie.add(replica.end.index, 0...UInt64.max >> 1, EventTraits())
        replica.sealedTimes = lie
        #expect(try entries(critical, 40).isEmpty)
    }

    @Test func `what has seen an act has seen all of it, also what lies among later events that nobody reads`() throws {
        let replica = try ReferenceTests.replica(on: FaultyVolume())
        let (one, other) = (DeviceID(high: 1, low: 1), DeviceID(high: 2, low: 2))
        let (key, beside) = try (
            RecordKey(collection: Name("notes"), record: Name("r")), RecordKey(collection: Name("notes"), record: Name("beside"))
        )
        func event(_ device: DeviceID, _ seq: UInt64, _ key: RecordKey, after seen: [Dot], at time: UInt64, undoes: Dot? = nil) throws
            -> Event
        {
            try Event(
                dot: Dot(device: device, seq: seq), key: key, context: VersionVector(seen),
                time: HybridTime(milliseconds: time, tick: 0),
                body: .writing(set: [FieldWrite(field: Name("f"), value: Store.value("\(seq)"))]),
                kind: undoes == nil ? .edit : .undo, undoes: undoes)
        }
        func events(_ seqs: ClosedRange<UInt64>, at time: UInt64) throws -> [Event] {
            try seqs.map { try event(one, $0, beside, after: $0 == 2 ? [] : [Dot(device: one, seq: $0 - 1)], at: time) }
        }
        let first = Dot(device: one, seq: 1)
        _ = try replica.ingest([try event(one, 1, key, after: [], at: 50)] + events(2...600, at: 60))
        _ = try replica.ingest(try events(601...1200, at: 9000) + [event(one, 1201, key, after: [first], at: 9000, undoes: first)])
        let second = try event(one, 1202, key, after: [first], at: 100, undoes: first)
        _ = try replica.ingest([second, try event(other, 1, key, after: [second.dot], at: 100)])
        #expect(try replica.logTimes().isLater(Position(1200), than: 500))
        #expect(try replica.record(key, at: .time(milliseconds: 500))?.heads == [second.dot])
    }

    @Test func `the file is believed while it is whole and of this log`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let key = RecordKey(collection: try Name("notes"), record: try Name("r"))
        func put(_ value: String, at time: UInt64) throws {
            let body = try EventBody.writing(set: [FieldWrite(field: try Name("f"), value: Store.value(value))])
            _ = try replica.commit([Draft(key: key, body: body)], wall: time)
        }
        try put("1", at: 1000)
        try replica.checkpoint()
        try replica.saveTimes()
        try replica.close()
        let whole = try volume.wholeFile(Self.path)
        let saved = try #require(LogTimes.read(whole))
        #expect(saved.times.end == Position(1))

        /// What a store says that finds this file.
        func values(_ file: [UInt8]) throws -> [FieldValue?] {
            try volume.replaceFile(Self.path, by: "disk/store/other", in: "disk/store", with: file)
            let reader = try Replica.open(in: "disk/store", on: volume, access: .reading)
            return try [500, 1500].map { try reader.record(key, at: .time(milliseconds: $0))?.fields.first?.versions.first?.value }
        }
        #expect(try values(whole) == [nil, Store.value("1")])
        // A file that is not true shows where it is taken over.
        var lie = LogTimes()
        lie.add(1, 400...400)
        #expect(try values(lie.bytes(at: saved.end)) == [Store.value("1"), Store.value("1")])
        for offset in whole.indices {
            var damaged = whole
            damaged[offset] ^= 1
            #expect(try values(damaged) == [nil, Store.value("1")], "\(offset)")
        }
        let other = SealedEnd(segment: 1, position: Position(1), digest: SegmentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        #expect(try values(lie.bytes(at: other)) == [nil, Store.value("1")])
    }

    /// Events of few records, enough for several stretches, whose times mostly rise; some are far ahead.
    private static func history(_ seed: UInt64, _ random: inout SeededRandom) throws -> [Event] {
        // Some kinds of events come only now and then.
        let rare = 500 + random.below(2000)
        return try WorkloadW(events: 3000, seed: seed, options: .init(records: 4)).enumerated().map { index, event in
            let ahead: UInt64 = random.chance(1, in: 200) ? 40_000 : 0
            return try Event(
                dot: event.dot, key: event.key, context: event.context,
                time: try HybridTime(milliseconds: event.time.milliseconds + ahead, tick: event.time.tick), body: event.body,
                kind: (rare..<(rare + 30)).contains(index) ? .resolve : .edit, isCritical: (rare..<(rare + 10)).contains(index))
        }
    }
}
