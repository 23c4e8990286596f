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
    func `the trail leaves out nothing that is asked for, and counts rightly what it does not read`(seed: UInt64) throws {
        let replica = try ReferenceTests.replica(on: FaultyVolume())
        var random = SeededRandom(seed: seed)
        let history = try Self.history(seed, &random)
        for piece in [history[..<1800], history[1800..<2700], history[2700...]] {
            _ = try replica.ingest(Array(piece))
            if piece.endIndex < history.count { try replica.checkpoint() }
        }
        /// The entries by a filter; with none by one pass over the log.
        func entries(_ filter: AuditFilter, _ limit: Int? = nil, newestFirst: Bool = false, of key: RecordKey? = nil) throws -> [AuditEntry]
        {
            var found: [AuditEntry] = []
            func add(_ entry: AuditEntry) -> Bool {
                found.append(entry)
                return true
            }
            if let key {
                try replica.audit(of: key, filter, limit: limit, newestFirst: newestFirst, add)
            } else {
                try replica.audit(filter, limit: limit, newestFirst: newestFirst, add)
            }
            return found
        }
        let all = try entries(AuditFilter())
        #expect(try all.map(\.row.dot) == replica.allEvents().map(\.dot))
        func expectAnswers(_ name: String) throws {
            for number in 0..<12 {
                let filter = number == 0 ? AuditFilter() : try Self.filter(&random, all)
                let key = random.chance(1, in: 3) ? all[random.below(all.count)].row.key : nil
                let expected = all.filter { filter.passes($0.row) && (key == nil || $0.row.key == key) }
                let limit = [nil, nil, 0, 40, 700, 2500][random.below(6)]
                let name = "seed \(seed), \(name), \(filter), \(String(describing: limit)), \(String(describing: key))"
                let newest = Array(expected.suffix(limit ?? .max))
                #expect(try entries(filter, limit, of: key) == newest, "\(name)")
                if (limit ?? .max) < 100 {
                    #expect(try entries(filter, limit, newestFirst: true, of: key) == newest.reversed(), "\(name)")
                }
                let stop = random.below(40) + 1
                for newestFirst in [false, true] {
                    var found: [AuditEntry] = []
                    func add(_ entry: AuditEntry) -> Bool {
                        found.append(entry)
                        return found.count < stop
                    }
                    if let key {
                        try replica.audit(of: key, filter, limit: nil, newestFirst: newestFirst, add)
                    } else {
                        try replica.audit(filter, limit: nil, newestFirst: newestFirst, add)
                    }
                    let wanted = newestFirst ? expected.reversed() : expected
                    #expect(found == Array(wanted.prefix(stop)), "\(name), newest first: \(newestFirst)")
                }
            }
        }
        // As where there is no file.
        replica.sealedTimes = LogTimes()
        try expectAnswers("without times")
        try replica.saveTimes()
        try expectAnswers("with times")
        let border = try #require(replica.savedLogTimes().stretches.first).end
        // Times that lie show that they are asked: nothing is of any kind.
        var critical = AuditFilter()
        critical.criticalOnly = true
        #expect(try !entries(critical).isEmpty)
        var lie = LogTimes()
        lie.add(replica.end.index, 0...UInt64.max >> 1)
        replica.sealedTimes = lie
        #expect(try entries(critical, 40).isEmpty)
        let key = try #require(all.first { $0.row.isCritical }).row.key
        #expect(try entries(critical, of: key).isEmpty)
        // And so are their counts, instead of the events: behind the first stretch all but one are said to be edits.
        var edits = AuditFilter()
        edits.kind = .edit
        lie = LogTimes()
        lie.add(border, 0...UInt64.max >> 1, [.kind(.edit): Int(border) - 1])
        lie.add(replica.end.index - border, 0...UInt64.max >> 1, [.kind(.edit): Int(replica.end.index - border) - 1])
        replica.sealedTimes = lie
        let behind = all.count { $0.position.index >= border && $0.row.kind == .edit }
        // More than are looked up one by one.
        let wanted = Int(replica.end.index - border) - 1 + Int(border) - 300
        #expect(wanted > 2000 && border > 300)
        #expect(try entries(edits, wanted).count == behind + Int(border) - 300)
    }

    @Test func `what cannot be read of the counts is not known, and the rest is`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let log = WorkloadW(events: 1500, seed: 5, options: .init(records: 4)).map { $0 }
        _ = try replica.ingest(log)
        try replica.checkpoint()
        try replica.saveTimes()
        let whole = try volume.wholeFile(Self.path)
        var (times, end) = try #require(LogTimes.read(whole))
        let edits = try #require(times.counts.entries(of: .kind(.edit)))
        #expect(edits.count > 1 && edits.reduce(0) { $0 + $1.count } == UInt64(log.count { $0.kind == .edit }))
        #expect(times.counts.entries(of: .critical) == [])
        // Written again it is the same, whether somebody has asked or not, and gone on with.
        let again = try #require(LogTimes.read(times.bytes(at: end)))
        #expect(again.times.counts.entries(of: .kind(.edit)) == edits)
        times.add(600, 1...2, [.kind(.edit): 500, .critical: 3])
        let more = try #require(LogTimes.read(times.bytes(at: SealedEnd(segment: end.segment, position: times.end, digest: end.digest))))
        #expect(
            more.times.counts.entries(of: .kind(.edit))?.map(\.count) == edits.dropLast().map(\.count) + [
                edits[edits.count - 1].count + 500
            ])
        #expect(more.times.counts.entries(of: .critical)?.map(\.count) == [3])

        /// The file with other counts.
        func file(_ counts: [UInt8]) -> [UInt8] {
            var content: [UInt8] = [1]
            content.appendVarint(log.count)
            content.appendVarint(0)
            content.appendVarint(UInt64.max >> 1)
            return DerivedFile.bytes("SYNCTIM3", at: end, content + counts)
        }
        // Edits: how many lie in the first stretch is left out. The other kind is.
        let cutOff = try #require(LogTimes.read(file([0, 1, 0, 1, 2, 0, 7])))
        #expect(cutOff.times.counts.entries(of: .kind(.edit)) == nil)
        #expect(cutOff.times.counts.entries(of: .kind(.resolve))?.map(\.count) == [7])
        var going = cutOff.times
        going.add(600, 1...2, [.kind(.edit): 600])
        #expect(going.counts.entries(of: .kind(.edit)) == nil)
        replica.sealedTimes = cutOff.times
        var filter = AuditFilter()
        filter.kind = .edit
        for limit in [nil, 10, 3000] {
            var count = 0
            try replica.audit(filter, limit: limit, newestFirst: false) { _ in
                count += 1
                return true
            }
            #expect(count == min(limit ?? .max, log.count { $0.kind == .edit }))
        }
        // A trait that nobody knows, names and counts that end too soon, and more stretches than there are.
        for counts in [[9, 0], [6, 0], [7, 200, 1], [0, 5, 1]] as [[UInt8]] { #expect(LogTimes.read(file(counts)) == nil, "\(counts)") }
        #expect(LogTimes.read(DerivedFile.bytes("SYNCTIM3", at: end, [200, 1, 1])) == nil)
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

    @Test func `every checkpoint goes on with the file, and who asks about a few events does without`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let log = WorkloadW(events: 900, seed: 3, options: .init(records: 300)).map { $0 }
        func known() -> Position? { (try? volume.wholeFile(Self.path)).flatMap(LogTimes.read)?.times.end }
        _ = try replica.ingest(Array(log[..<600]))
        let some = try replica.keys().min { try replica.eventCount(of: $0) < replica.eventCount(of: $1) }
        let key = try #require(some)
        let history = try replica.history(of: key)
        let first = history[0].event
        #expect(try replica.record(key, at: .time(milliseconds: first.time.milliseconds))?.heads == [first.dot])
        #expect(try replica.record(key, at: .time(milliseconds: first.time.milliseconds - 1)) == nil)
        #expect(known() == nil)
        try replica.checkpoint()
        #expect(known() == Position(600))
        _ = try replica.ingest(Array(log[600...]))
        try replica.checkpoint()
        #expect(known() == Position(900))
    }

    @Test func `the newest many that pass two filters at once are all of them, though only each one's are counted`() throws {
        let replica = try ReferenceTests.replica(on: FaultyVolume())
        let events = Array(WorkloadW(events: 12_000, seed: 3, options: .init(devices: 3, records: 600)))
        try replica.adopt(events)
        try replica.checkpoint()
        try replica.saveTimes()
        var filter = AuditFilter()
        (filter.device, filter.kind) = (events[0].dot.device, .edit)
        var all: [Position] = []
        try replica.audit(filter, limit: nil, newestFirst: true) {
            all.append($0.position); return true
        }
        let limit = 2100
        try #require(all.count > limit)
        var found: [Position] = []
        try replica.audit(filter, limit: limit, newestFirst: false) {
            found.append($0.position); return true
        }
        #expect(found == all.prefix(limit).reversed())
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

    /// Some wishes at once, mostly such that some events meet.
    private static func filter(_ random: inout SeededRandom, _ all: [AuditEntry]) throws -> AuditFilter {
        func some() -> BlockReader.Row { all[random.below(all.count)].row }
        var filter = AuditFilter()
        for _ in 0...random.below(3) {
            switch random.below(8) {
            case 0: filter.since = some().time.milliseconds
            case 1: filter.until = some().time.milliseconds
            case 2: filter.device = some().dot.device
            case 3: filter.kind = [EventKind.resolve, .import, .edit][random.below(3)]
            case 4: filter.collection = some().key.collection
            case 5: filter.field = some().changedFields.first
            case 6: filter.field = try Name("nobody writes this")
            default: filter.criticalOnly = true
            }
        }
        return filter
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

extension BlockReader.Row {
    fileprivate var changedFields: [Name] {
        guard case .write(let set, let unset) = body else { return [] }
        return set.map(\.field) + unset
    }
}
