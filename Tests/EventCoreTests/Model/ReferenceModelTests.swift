import EventCore
import Simulation
import Testing

/// The model that everything else is held to, held itself to semantics: by examples, and by a twin that folds step by step.
struct ReferenceModelTests {
    private static let key = RecordKey(collection: Name(unchecked: Array("trips".utf8)), record: Name(unchecked: Array("rome".utf8)))
    private static let phone = DeviceID(high: 1, low: 0)
    private static let laptop = DeviceID(high: 2, low: 0)
    private static let server = DeviceID(high: 3, low: 0)

    // MARK: - Against its twin

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `looking through all events gives what folding them one by one gives, after each of them`(seed: UInt64) throws {
        let history = try RandomHistory(
            seed: seed, options: .init(devices: 2 + Int(seed % 5), records: 1 + Int(seed % 3), meetsOften: seed % 2 == 0))
        for events in [history.events, history.shuffledCausally(seed: seed)] {
            var model = ReferenceModel()
            var twins: [RecordKey: StepwiseRecord] = [:]
            for event in events {
                model.add(event)
                twins[event.key, default: StepwiseRecord()].apply(event)
                Self.compare(model.record(event.key), try #require(twins[event.key]), "seed \(seed), at \(event.dot)")
            }
            #expect(model.waiting.isEmpty && Set(model.keys) == Set(twins.keys), "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `sixty devices fold alike, too`(seed: UInt64) throws {
        let history = try RandomHistory(
            seed: seed, options: .init(devices: 60, records: 1, fields: 2, events: 150, meetsEveryone: seed % 2 == 0))
        var model = ReferenceModel()
        var twin = StepwiseRecord()
        for event in history.events {
            model.add(event)
            twin.apply(event)
        }
        Self.compare(model.record(try #require(model.keys.first)), twin, "seed \(seed)")
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func `the order of arrival leaves no trace`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, options: .init(events: 40))
        var model = ReferenceModel()
        for event in history.events { model.add(event) }
        for shuffle in 0..<3 as Range<UInt64> {
            var other = ReferenceModel()
            for event in history.shuffled(seed: shuffle) { other.add(event) }
            #expect(other.canonicalDump == model.canonicalDump && other.waiting.isEmpty, "seed \(seed), shuffle \(shuffle)")
            for event in history.events { other.add(event) }
            #expect(other.applied.count == history.events.count, "seed \(seed)")
        }
    }

    private static func compare(_ record: ReferenceRecord, _ twin: StepwiseRecord, _ name: String) {
        #expect(record.clock == twin.clock, "\(name)")
        #expect(record.heads == twin.heads && record.tombstones == twin.tombstones, "\(name)")
        let fields = record.fields.mapValues { entries in Set(entries.map { StepwiseRecord.Entry(dot: $0.dot, value: $0.value) }) }
        #expect(fields == twin.fields, "\(name)")
    }

    // MARK: - Against semantics

    @Test func `two edits that had not seen each other are a conflict, and the later one is shown`() throws {
        let first = try Self.edit(Self.phone, 1, [], set: ["title": "\"old\""], at: 10)
        let left = try Self.edit(Self.phone, 2, [first], set: ["title": "\"left\""], at: 30)
        let right = try Self.edit(Self.laptop, 1, [first], set: ["title": "\"right\""], at: 20)
        let record = Self.record(first, left, right)
        #expect(record.contested == [try Name("title")])
        #expect(record.shown(try Name("title"))?.description == "\"left\"")
        #expect(record.heads == [left.dot, right.dot] && record.sides == [left.dot, right.dot])
        let base = record.base(of: [left.dot, right.dot])
        #expect(base.shown(try Name("title"))?.description == "\"old\"")
        #expect(!base.isInConflict && base.clock == [Self.phone: 1])
    }

    @Test func `of one time the greater tick is shown, of one tick the greater device, of one device the greater seq`() throws {
        let title = try Name("title")
        let low = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 10)
        let ticked = try Self.edit(Self.phone, 2, [], set: ["title": "2"], at: 10, tick: 1)
        let other = try Self.edit(Self.laptop, 1, [], set: ["title": "3"], at: 10, tick: 1)
        let later = try Self.edit(Self.laptop, 2, [], set: ["title": "4"], at: 10, tick: 1)
        #expect(Self.record(low, ticked).shown(title)?.description == "2")
        #expect(Self.record(low, ticked, other).shown(title)?.description == "3")
        #expect(Self.record(low, ticked, other, later).shown(title)?.description == "4")
    }

    @Test func `equal values agree, and removed differs from every value`() throws {
        let left = try Self.edit(Self.phone, 1, [], set: ["color": "\"red\""], at: 1)
        let same = try Self.edit(Self.laptop, 1, [], set: ["color": "\"red\""], at: 2)
        let removed = try Self.edit(Self.server, 1, [], unset: ["color"], at: 3)
        #expect(!Self.record(left, same).isInConflict && Self.record(left, same).heads.count == 2)
        #expect(Self.record(left, same, removed).contested == [try Name("color")])
        #expect(Self.record(left, same, removed).shown(try Name("color")) == nil)
        let null = try Self.edit(Self.server, 1, [], set: ["color": "null"], at: 3)
        #expect(Self.record(removed, try Self.edit(Self.phone, 1, [], set: ["color": "null"], at: 1)).isInConflict)
        #expect(!Self.record(left).isInConflict && Self.record(left, null).isInConflict)
    }

    @Test func `edits of different fields merge by themselves`() throws {
        let left = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 1)
        let right = try Self.edit(Self.laptop, 1, [], set: ["color": "2"], at: 2)
        let record = Self.record(left, right)
        #expect(!record.isInConflict && record.heads.count == 2 && record.fields.count == 2)
    }

    @Test func `a delete takes what it has seen and stands against what it has not`() throws {
        let first = try Self.edit(Self.phone, 1, [], set: ["title": "1", "color": "2"], at: 1)
        let delete = try Self.event(Self.laptop, 1, [first], .delete, at: 2)
        #expect(Self.record(first, delete).isDeleted && Self.record(first, delete).fields.isEmpty)
        let edit = try Self.edit(Self.phone, 2, [first], set: ["title": "3"], at: 3)
        let record = Self.record(first, delete, edit)
        #expect(record.isDeleteAgainstEdit && !record.isDeleted && record.contested.isEmpty)
        // `color` was not written again, so the delete took it.
        #expect(Array(record.fields.keys) == [try Name("title")] && record.tombstones == [delete.dot])
        #expect(record.sides == [delete.dot, edit.dot])
        // What the edit's side was, as its writer saw it.
        #expect(record.at(edit.dot).fields.count == 2)
        // Any write that has seen both ends it.
        let settled = try Self.edit(Self.server, 1, [first, delete, edit], set: ["note": "4"], at: 4)
        #expect(!Self.record(first, delete, edit, settled).isInConflict)
        #expect(Self.record(first, delete, edit, settled).tombstones.isEmpty)
        // A removal beside a delete is no conflict: nothing live is left.
        let removal = try Self.edit(Self.phone, 2, [first], unset: ["title"], at: 3)
        #expect(!Self.record(first, delete, removal).isInConflict && Self.record(first, delete, removal).isDeleted)
    }

    @Test func `two who resolve alike agree, two who differ leave one smaller conflict, a third version stands`() throws {
        let a = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 1)
        let b = try Self.edit(Self.laptop, 1, [], set: ["title": "2"], at: 2)
        let unseen = try Self.edit(Self.server, 1, [], set: ["title": "3"], at: 3)
        let phone = try Self.edit(Self.phone, 2, [a, b], set: ["title": "2"], at: 4)
        let alike = try Self.edit(Self.laptop, 2, [a, b], set: ["title": "2"], at: 5)
        let differs = try Self.edit(Self.laptop, 2, [a, b], set: ["title": "1"], at: 5)
        #expect(!Self.record(a, b, phone, alike).isInConflict)
        #expect(Self.record(a, b, phone, differs).sides == [phone.dot, differs.dot])
        #expect(Self.record(a, b, unseen, phone).sides == [unseen.dot, phone.dot])
    }

    @Test func `undoing a resolution with one event a side opens the conflict again`() throws {
        let a = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 1)
        let b = try Self.edit(Self.laptop, 1, [], set: ["title": "2"], at: 2)
        let settled = try Self.edit(Self.phone, 2, [a, b], set: ["title": "2"], at: 3)
        let one = try Self.edit(Self.phone, 3, [a, b, settled], set: ["title": "1"], at: 4)
        // The same context: the sibling of the same undo is left out of it.
        let two = try Self.edit(Self.phone, 4, [a, b, settled], set: ["title": "2"], at: 5)
        let record = Self.record(a, b, settled, one, two)
        #expect(record.sides == [one.dot, two.dot] && record.heads == [one.dot, two.dot])
        #expect(record.base(of: record.sides).shown(try Name("title"))?.description == "2")
    }

    @Test func `the base of a conflict may be absent, or hold several values`() throws {
        let title = try Name("title")
        let a = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 1)
        let b = try Self.edit(Self.laptop, 1, [], set: ["title": "2"], at: 2)
        #expect(Self.record(a, b).base(of: [a.dot, b.dot]).events.isEmpty)
        let left = try Self.edit(Self.phone, 2, [a, b], set: ["title": "3"], at: 3)
        let right = try Self.edit(Self.server, 1, [a, b], set: ["title": "4"], at: 4)
        let base = Self.record(a, b, left, right).base(of: [left.dot, right.dot])
        #expect(base.fields[title]?.count == 2)
    }

    @Test func `at a time stand the events that are not later, and have seen nothing later`() throws {
        let early = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 10)
        let ahead = try Self.edit(Self.laptop, 1, [early], set: ["title": "2"], at: 99)
        let back = try Self.edit(Self.phone, 2, [early, ahead], set: ["title": "3"], at: 20)
        let record = Self.record(early, ahead, back)
        #expect(record.at(milliseconds: 9).events.isEmpty)
        #expect(record.at(milliseconds: 50).events == [early])
        #expect(record.at(milliseconds: 99).events.count == 3)
    }

    @Test func `what is too early waits, and its record is not there before`() throws {
        let first = try Self.edit(Self.phone, 1, [], set: ["title": "1"], at: 1)
        let second = try Self.edit(Self.phone, 2, [first], set: ["title": "2"], at: 2)
        let third = try Self.edit(Self.laptop, 1, [second], set: ["title": "3"], at: 3)
        var model = ReferenceModel()
        model.add(third)
        model.add(second)
        #expect(model.waiting.count == 2 && model.keys.isEmpty && model.canonicalDump.isEmpty)
        model.add(first)
        #expect(model.applied == [first, second, third] && model.waiting.isEmpty)
    }

    @Test func `the dump is canonical JSON with dots in order`() throws {
        let key = RecordKey(collection: try Name("a\"b"), record: try Name("caf\u{E9}\n"))
        let first = try Event(
            dot: Dot(device: Self.phone, seq: 9), key: key, context: VersionVector(), time: HybridTime(milliseconds: 1),
            body: .writing(set: [FieldWrite(field: Name("\u{FF5E}"), value: .null)], unset: [Name("gone")]))
        let second = try Event(
            dot: Dot(device: Self.phone, seq: 10), key: key, context: VersionVector(), time: HybridTime(milliseconds: 1),
            body: .writing(
                set: [
                    FieldWrite(field: Name("\u{1F600}"), value: .null),
                    FieldWrite(field: Name("\u{FF5E}"), value: FieldValue(uncheckedCanonical: [0x31])),
                    FieldWrite(field: Name("gone"), value: .null),
                ]))
        let dump = String(decoding: ReferenceRecord(key: key, events: [second, first]).canonicalLine, as: UTF8.self)
        // The emoji's first UTF-16 unit is D83D, which comes before FF5E though its UTF-8 comes after.
        let device = "00000000-0000-0001-0000-000000000000"
        let gone = "[{\"dot\":\"\(device):9\",\"removed\":true},{\"dot\":\"\(device):10\",\"value\":null}]"
        let tilde = "[{\"dot\":\"\(device):9\",\"value\":null},{\"dot\":\"\(device):10\",\"value\":1}]"
        #expect(
            dump == "{\"clock\":{\"\(device)\":10},\"collection\":\"a\\\"b\",\"conflicts\":{\"gone\":\(gone),\"\u{FF5E}\":\(tilde)},"
                + "\"deleted\":false,\"fields\":{\"gone\":null,\"\u{1F600}\":null,\"\u{FF5E}\":1},"
                + "\"heads\":[\"\(device):9\",\"\(device):10\"],\"record\":\"caf\u{E9}\\n\"}\n")
    }

    // MARK: - Making

    private static func record(_ events: Event...) -> ReferenceRecord { ReferenceRecord(key: key, events: events) }

    private static func edit(
        _ device: DeviceID, _ seq: UInt64, _ seen: [Event], set: [String: String] = [:], unset: [String] = [], at milliseconds: UInt64,
        tick: UInt16 = 0
    ) throws -> Event {
        let writes = try set.map { FieldWrite(field: try Name($0.key), value: FieldValue(uncheckedCanonical: Array($0.value.utf8))) }
        return try event(device, seq, seen, .writing(set: writes, unset: unset.map { try Name($0) }), at: milliseconds, tick: tick)
    }

    private static func event(
        _ device: DeviceID, _ seq: UInt64, _ seen: [Event], _ body: EventBody, at milliseconds: UInt64, tick: UInt16 = 0
    ) throws -> Event {
        try Event(
            dot: Dot(device: device, seq: seq), key: key, context: VersionVector(seen.flatMap { $0.context.entries + [$0.dot] }),
            time: HybridTime(milliseconds: milliseconds, tick: tick), body: body)
    }
}
