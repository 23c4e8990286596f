import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// From the states that are kept of records everything is reckoned as from their beginning, and no more is read than lies between two of them.
struct RecordStatesTests {
    private static let path = "disk/store/" + SavedRecordStates.fileName

    @Test(arguments: BackwardFoldTests.seeds.prefix(8))
    func `whatever is asked of the past is answered alike with states and without`(seed: UInt64) throws {
        let store = try BackwardFoldTests.store(seed).0
        let replica = store.replica
        try replica.checkpoint()
        let keys = Set(try store.events().map(\.key)).sorted()
        replica.knownStates = KnownStates(file: nil)
        let expected = try keys.map { try Answers(replica, $0) }
        for spacing in seed % 2 == 0 ? [1, 3] : [2, 7] {
            replica.knownStates = nil
            try replica.saveStates(every: spacing)
            #expect(replica.knownStates?.file?.count ?? 0 > 0)
            for (key, expected) in zip(keys, expected) {
                try Answers(replica, key).expect(expected, "seed \(seed), every \(spacing), \(key)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the states are the folds of what the log had, however often they were gone on with`(seed: UInt64) throws {
        var (store, random) = try BackwardFoldTests.store(seed)
        for spacing in [1, 3] {
            for _ in 0..<5 {
                try store.replica.checkpoint()
                try store.replica.saveStates(every: spacing)
                let saved = try #require(store.replica.knownStates?.file)
                for key in Set(try store.events().map(\.key)) {
                    let history = try store.replica.history(of: key)
                    for number in stride(from: spacing - 1, to: history.count, by: spacing) {
                        let state = try #require(saved.states(of: key).state(at: history[number].position))
                        let fold = try #require(try RecordFold.folded(history[...number].map(\.event), key))
                        func dots(_ positions: [Position]) -> [Dot] {
                            positions.compactMap { at in history.first { $0.position == at }?.event.dot }.sorted()
                        }
                        let name = "seed \(seed), every \(spacing), \(key), \(number)"
                        #expect(state.clock == fold.clock && dots(state.heads) == fold.heads, "\(name)")
                        #expect(state.entries.map(\.field) == fold.fields.map(\.field), "\(name)")
                        #expect(state.entries.map { dots($0.writers) } == fold.fields.map { $0.versions.map(\.dot) }, "\(name)")
                        let span = history[(number - spacing + 1)...number].reversed().map(\.event)
                        #expect(state.undos == span.indices.filter { span[$0].undoes != nil }, "\(name)")
                        let traits = Self.traits(of: span)
                        #expect(state.traits.offsets == traits.mapValues { $0.count == 1 ? $0 : [] }, "\(name)")
                    }
                }
                try store.write(&random, "seed \(seed)")
            }
            try store.replica.checkpoint()
            try store.replica.saveStates(every: spacing)
            let goneOn = try #require(store.replica.knownStates?.file?.bytes)
            store.replica.knownStates = KnownStates(file: nil)
            try store.replica.saveStates(every: spacing)
            #expect(store.replica.knownStates?.file?.bytes == goneOn)
        }
    }

    /// By trait which events have it.
    private static func traits(of events: [Event]) -> [EventTrait: [Int]] {
        var traits: [EventTrait: [Int]] = [:]
        for (number, event) in events.enumerated() {
            func note(_ trait: EventTrait) { traits[trait, default: []].append(number) }
            note(.kind(event.kind))
            note(.device(event.dot.device))
            note(.collection(event.key.collection))
            if event.isCritical { note(.critical) }
            switch event.body {
            case .delete: note(.delete)
            case .write(let set, let unset): for field in set.map(\.field) + unset { note(.field(field)) }
            }
        }
        return traits
    }

    @Test func `of a trait that many have it is not said which these are`() throws {
        let traits: [EventTrait: [Int]] = [
            .kind(.edit): Array(0..<32), .kind(.undo): [], .device(DeviceID(high: 0, low: 1)): [3, 9],
            .device(DeviceID(high: 0, low: 2)): [1, 2, 3],
            .field(try Name("a")): [1, 9], .delete: [8],
        ]
        let span = SpanTraits(traits.filter { !$0.value.isEmpty }, of: 32)
        #expect(span.has(.kind(.edit)) && span.has(.delete) && !span.has(.kind(.undo)) && !span.has(.critical))
        func passing(_ change: (inout AuditFilter) -> Void) -> Set<Int>? {
            var filter = AuditFilter()
            change(&filter)
            return span.passing(filter)
        }
        #expect(passing { _ in } == nil)
        #expect(passing { $0.kind = .edit } == nil)
        #expect(passing { $0.kind = .undo } == [])
        #expect(passing { $0.device = DeviceID(high: 0, low: 1) } == [3, 9])
        #expect(passing { $0.device = DeviceID(high: 0, low: 2) } == nil)
        let (a, b) = (try Name("a"), try Name("b"))
        #expect(passing { $0.field = a } == [1, 8, 9])
        #expect(passing { $0.field = b } == [8])
        #expect(passing { ($0.field, $0.device, $0.kind) = (a, DeviceID(high: 0, low: 1), .edit) } == [9])
        #expect(passing { ($0.device, $0.criticalOnly) = (DeviceID(high: 0, low: 1), true) } == [])
    }

    @Test func `what is asked of a record's trail is looked for where the states say that it lies`() throws {
        var store = try Store(1, wall: 1_000_000)
        let (a, b) = (try Name("a"), try Name("b"))
        for number in 0..<20 { _ = try store.set(number == 7 ? b : a, "\(number)") }
        try store.replica.checkpoint()
        try store.replica.saveStates(every: 5)
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        var filter = AuditFilter()
        filter.field = b
        func numbers(_ limit: Int? = nil, newestFirst: Bool = false) throws -> [UInt64] {
            var found: [UInt64] = []
            try store.replica.audit(of: key, filter, limit: limit, newestFirst: newestFirst) { entry in
                found.append(entry.row.dot.seq - 1)
                return true
            }
            return found
        }
        #expect(try numbers() == [7] && numbers(newestFirst: true) == [7] && numbers(1) == [7])
        // A state that lies shows that it is asked.
        var lie = try #require(store.replica.knownStates?.file)
        let newest = Position(9)
        let state = try #require(lie.states(of: key).state(at: newest))
        #expect(state.traits.offsets[.field(b)] == [2])
        for (offsets, expected) in [([:], []), ([.field(b): [2]], [7]), ([.field(b): []], [7])] as [([EventTrait: [Int]], [UInt64])] {
            let traits = SpanTraits(offsets: offsets)
            lie.add(
                RecordState(clock: state.clock, heads: state.heads, entries: state.entries, undos: [], traits: traits), of: key, at: newest)
            store.replica.knownStates = KnownStates(file: lie)
            #expect(try numbers() == expected && numbers(newestFirst: true) == expected, "\(offsets)")
        }
    }

    @Test func `what has been contested for long is found from the nearest state`() throws {
        var store = try Store(1, wall: 1_000_000)
        let other = try Store(2, wall: 1_000_000)
        let (a, b) = (try Name("a"), try Name("b"))
        _ = try store.set(a, "0")
        _ = try other.replica.ingest(try store.events())
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        let sides = try (
            store.set(a, "1").dot,
            other.replica.commit(
                [Draft(key: key, body: try .writing(set: [FieldWrite(field: a, value: Store.value("2"))]))], wall: 1_500_000)[0].dot
        )
        _ = try store.replica.ingest(try other.events())
        for number in 0..<2000 { _ = try store.set(b, "\(number)") }
        try store.replica.checkpoint()
        let history = try store.replica.history(of: key)
        let moment = history[1000]
        /// How many events are read for the record of then and its conflict.
        func readCount() throws -> Int {
            let (past, cut) = try #require(try store.replica.past(of: key, at: .position(Position(moment.position.index + 1))))
            let record = try #require(try past.record(cut))
            #expect(try record.with(times: [:]) == RecordFold.folded(history[...1000].map(\.event), key)?.with(times: [:]))
            let conflict = try ConflictBuilder(
                record: record, past: past, policies: try store.replica.policies(of: key.collection, at: nil)
            ).conflict()
            #expect(Set(conflict.sides.map(\.dot)) == [sides.0, sides.1] && conflict.fields.map(\.base) == [[Store.value("0")]])
            return past.readCount
        }
        #expect(try readCount() > 900)
        try store.replica.saveStates(every: 64)
        // What lies in the same block is read with it.
        #expect(try readCount() < 600)
        let c = try Name("c")
        let beside = RecordKey(collection: key.collection, record: try Name("oslo"))
        _ = try store.replica.commit(
            [Draft(key: beside, body: try .writing(set: [FieldWrite(field: c, value: Store.value("3"))]))], wall: 1_600_000)
        let whole = try #require(try RecordPast(store.replica, key))
        #expect(try FieldOrigin(c, whole, .from(0), try #require(try store.replica.record(key))) == nil)
        #expect(whole.readCount < 600)
        let (early, past) = (history[20].event.dot, try #require(try RecordPast(store.replica, key)))
        var chain = UndoChain(past)
        #expect(try !chain.isUndone(try #require(try past.number(of: early))))
        #expect(past.readCount < 600)
    }

    @Test func `a later checkpoint goes on with the states, where there are some`() throws {
        var store = try Store(1, wall: 1_000_000)
        let a = try Name("a")
        for number in 0..<4 { _ = try store.set(a, "\(number)") }
        try store.replica.checkpoint()
        #expect(store.replica.knownStates?.file == nil)
        try store.replica.saveStates(every: 2)
        for number in 4..<8 { _ = try store.set(a, "\(number)") }
        try store.replica.checkpoint()
        let saved = try #require(store.replica.knownStates?.file)
        #expect(saved.count == 4 && saved.end.position == Position(8))
    }

    /// A store with four events of one record, and a checkpoint behind them.
    private static func fourEvents() throws -> (FaultyVolume, Replica<FaultyVolume>, RecordKey) {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let key = RecordKey(collection: try Name("notes"), record: try Name("r"))
        for number in 1...4 {
            let body = try EventBody.writing(set: [FieldWrite(field: try Name("f"), value: Store.value("\(number)"))])
            _ = try replica.commit([Draft(key: key, body: body)], wall: 1000 + UInt64(number))
        }
        try replica.checkpoint()
        return (volume, replica, key)
    }

    @Test func `what a reader has made is found when it is looked for again`() throws {
        let (volume, replica, key) = try Self.fourEvents()
        #expect(replica.states(of: key).state(at: Position(1)) == nil)
        let reader = try Replica.open(in: "disk/store", on: volume, access: .reading)
        try reader.saveStates(every: 2)
        try reader.saveTimes()
        #expect(replica.states(of: key).state(at: Position(1)) == nil)
        replica.forgetDerivedFiles()
        #expect(replica.states(of: key).state(at: Position(1)) != nil)
        #expect(replica.savedLogTimes().end == Position(4))
    }

    @Test func `the file is believed while it is whole and of this log`() throws {
        let (volume, replica, key) = try Self.fourEvents()
        try replica.saveStates(every: 2)
        try replica.close()
        let whole = try volume.wholeFile(Self.path)
        let saved = try #require(SavedRecordStates(whole))
        #expect(saved.count == 2 && saved.end.position == Position(4))

        /// What a store says that finds this file.
        func value(_ file: [UInt8]) throws -> FieldValue? {
            try volume.replaceFile(Self.path, by: "disk/store/other", in: "disk/store", with: file)
            let reader = try Replica.open(in: "disk/store", on: volume, access: .reading)
            return try reader.record(key, at: .position(Position(2)))?.fields.first?.versions.first?.value
        }
        #expect(try value(whole) == Store.value("2"))
        // A file that is not true shows where it is taken over.
        let state = try #require(saved.states(of: key).state(at: Position(1)))
        var lie = saved
        lie.add(
            RecordState(
                clock: state.clock, heads: [Position(0)], entries: [.init(field: try Name("f"), writers: [Position(0)])], undos: [],
                traits: state.traits),
            of: key, at: Position(1))
        #expect(try value(lie.bytes) == Store.value("1"))
        let bytes = lie.bytes
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 1
            #expect(try value(damaged) == Store.value("2"), "\(offset)")
        }
        let other = SealedEnd(segment: 1, position: Position(4), digest: SegmentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        #expect(try value(lie.reaching(to: other).bytes) == Store.value("2"))
    }

    @Test func `what is no state is none`() throws {
        #expect(SavedRecordStates(SavedRecordStates(spacing: 0).bytes) == nil)
        let (key, field) = (RecordKey(collection: try Name("notes"), record: try Name("r")), try Name("f"))
        let state = RecordState(
            clock: VersionVector(), heads: [Position(3)], entries: [.init(field: field, writers: [Position(2)])], undos: [1],
            traits: SpanTraits(offsets: [.delete: [0], .kind(.edit): []]))
        var saved = SavedRecordStates(spacing: 2)
        saved.add(state, of: key, at: Position(3))
        // Clock; one head, no step back; one field, the first, written one step back; one undo, of the second event; two traits: many edit, the newest deletes.
        let bytes: [UInt8] = [0, 1, 0, 1, 0, 1, 1, 1, 1, 2, 0, 0, 1, 1, 0]
        #expect(saved.state(bytes, at: Position(3)) == state)
        // A head before the log, a field without a number, an undo of an event before the state before, a trait without a number, such an event that deletes.
        for (offset, byte) in [(2, UInt8(4)), (4, 1), (8, 2), (12, 2), (14, 2)] {
            var damaged = bytes
            damaged[offset] = byte
            #expect(saved.state(damaged, at: Position(3)) == nil, "\(offset)")
        }
    }
}

/// What the commands say of a record at each moment, but for times of entries that nobody contests.
private struct Answers {
    private var said: [(about: String, answer: AnyHashable)] = []

    init(_ replica: Replica<FaultyVolume>, _ key: RecordKey) throws {
        let history = try replica.history(of: key).map(\.event)
        let fields = Set(
            history.flatMap { event -> [Name] in
                guard case .write(let set, let unset) = event.body else { return [] }
                return set.map(\.field) + unset
            }
        ).sorted()
        var moments = stride(from: 0, through: replica.end.index, by: 6).map { Moment.position(Position($0)) }
        moments += stride(from: 0, to: history.count, by: 3).map { .time(milliseconds: history[$0].time.milliseconds) }
        moments += history.map { .dot($0.dot) }
        for moment in moments {
            note("record at \(moment)", Self.plain(try replica.record(key, at: moment)))
            note("conflict at \(moment)", Self.plain(try replica.conflict(key, at: moment)))
            for field in fields {
                let origin = try? replica.origin(of: field, in: key, at: moment)
                note("\(field) at \(moment)", origin.map(Self.plain))
            }
        }
        note("conflict", Self.plain(try replica.conflict(key)))
        for event in history {
            note("undo \(event.dot)", try? replica.undoPlan(of: event.dot))
            note("event \(event.dot)", try replica.event(event.dot)?.event)
        }
        for (limit, newestFirst) in [(nil, false), (nil, true), (2, false), (7, true), (30, false)] as [(Int?, Bool)] {
            var entries: [AuditEntry] = []
            try replica.audit(of: key, AuditFilter(), limit: limit, newestFirst: newestFirst) { entry in
                entries.append(entry)
                return true
            }
            note("trail, \(String(describing: limit)), newest first: \(newestFirst)", entries)
        }
        for filter in Self.filters(history, fields) {
            for newestFirst in [false, true] {
                var dots: [Dot] = []
                try replica.audit(of: key, filter, limit: nil, newestFirst: newestFirst) { entry in
                    dots.append(entry.row.dot)
                    return true
                }
                note("\(filter), newest first: \(newestFirst)", dots)
            }
        }
        note("undo", try replica.newestToUndo())
        note("redo", try replica.newestToRedo())
    }

    /// By each trait that an event may have, and by some together.
    private static func filters(_ history: [Event], _ fields: [Name]) -> [AuditFilter] {
        func filter(_ change: (inout AuditFilter) -> Void) -> AuditFilter {
            var filter = AuditFilter()
            change(&filter)
            return filter
        }
        let devices = Set(history.map(\.dot.device)).sorted()
        var filters = EventKind.allCases.map { kind in filter { $0.kind = kind } }
        filters += devices.map { device in filter { $0.device = device } }
        filters += fields.map { field in filter { $0.field = field } }
        filters += devices.map { device in filter { ($0.device, $0.kind) = (device, .undo) } }
        filters += fields.map { field in
            filter { ($0.field, $0.device, $0.until) = (field, devices[0], history[history.count / 2].time.milliseconds) }
        }
        return filters + [filter { $0.criticalOnly = true }]
    }

    private mutating func note(_ about: String, _ answer: some Hashable) { said.append((about, AnyHashable(answer))) }

    func expect(_ others: Answers, _ name: String) throws {
        try #require(said.count == others.said.count, "\(name)")
        for (own, other) in zip(said, others.said) { #expect(own.answer == other.answer, "\(name), \(own.about)") }
    }

    private static func plain(_ record: Record?) -> [AnyHashable] {
        guard let record else { return [] }
        return [record.with(times: [:]), record.shown]
    }

    private static func plain(_ conflict: Conflict?) -> [AnyHashable] {
        guard let conflict else { return [] }
        let sides = conflict.sides.map { side -> [AnyHashable] in [side.event, plain(side.record), side.restored] }
        return [
            plain(conflict.record), conflict.fields, conflict.isDeleteAgainstEdit, conflict.isOfWholeEdits, plain(conflict.base), sides,
        ]
    }

    private static func plain(_ origin: FieldOrigin) -> [AnyHashable] {
        func plain(_ entries: [FieldOrigin.Entry]) -> [AnyHashable] { entries.map { [$0.row.dot, $0.value] as [AnyHashable] } }
        return [
            plain([origin.writer]), origin.context, plain(origin.overwrote), plain(origin.agrees), plain(origin.contests),
            origin.lastKnownToAll?.row.dot,
        ]
    }
}
