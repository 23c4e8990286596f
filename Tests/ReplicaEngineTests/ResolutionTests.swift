import EventCore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// What a resolution shows before it is written is what is there afterwards, on conflicts of random histories and by any sequence of choices.
struct ResolutionTests {
    @Test(arguments: 0..<16 as Range<UInt64>) func `what is shown is what is written, and what is called open stays so`(seed: UInt64) throws
    {
        let history = try RandomHistory(seed: seed, options: .init(devices: 3 + Int(seed % 3), records: 3, fields: 3, events: 60))
        let replica = try ReferenceTests.replica()
        // Every other history has policies that decide some of it.
        let policies = seed % 2 == 1 ? try Self.policyDrafts(seed) : []
        _ = try replica.ingest(history.shuffled(seed: seed))
        _ = try replica.commit(policies, wall: 1)
        var random = SeededRandom(seed: seed)
        var (drafts, refusals) = (0, 0)
        for key in Set(history.events.map(\.key)).sorted() {
            guard let conflict = try replica.conflict(key) else { continue }
            for round in 0..<40 {
                var resolution = Resolution(of: conflict)
                for _ in 0..<(1 + random.below(4)) {
                    do throws(ResolutionError) { resolution = try Self.chosen(resolution, &random) } catch { refusals += 1 }
                }
                guard let draft = try? resolution.draft() else { continue }
                drafts += 1
                try Self.check(replica, resolution, draft, "seed \(seed), \(key), round \(round)")
            }
        }
        #expect(drafts > 20, "seed \(seed)")
    }

    /// Two devices' events on one record, none of which has seen the other's.
    private static func conflict(_ bodies: [[EventBody]], policy: String? = nil) throws -> Conflict {
        let replica = try ReferenceTests.replica()
        let key = try RecordKey(collection: Name("notes"), record: Name("r"))
        for (number, bodies) in bodies.enumerated() {
            var context: [Dot] = number == 0 ? [] : [Dot(device: DeviceID(high: 1, low: 0), seq: 1)]
            for (index, body) in bodies.enumerated() {
                let dot = Dot(device: DeviceID(high: UInt64(number) + 1, low: 0), seq: UInt64(index) + 1)
                let event = try Event(
                    dot: dot, key: key, context: VersionVector(context), time: HybridTime(milliseconds: dot.seq * 10 + UInt64(number)),
                    body: body)
                _ = try replica.ingest([event])
                context = [dot]
            }
        }
        if let policy {
            let write = FieldWrite(field: .restOfFields, value: FieldValue(text: policy))
            let body = try EventBody.writing(set: [write])
            _ = try replica.commit([Draft(key: RecordKey(collection: .policies, record: key.collection), body: body)], wall: 1)
        }
        return try #require(try replica.conflict(key))
    }

    private static func write(_ values: [String: String]) throws -> EventBody {
        try .writing(set: values.map { FieldWrite(field: try Name($0.key), value: FieldValue(uncheckedCanonical: Array($0.value.utf8))) })
    }

    @Test func `answers that make no event are refused, and what was answered before stays`() throws {
        let whole = Resolution(
            of: try Self.conflict(
                [[Self.write(["f": "0"]), Self.write(["f": "1", "g": "1"])], [Self.write(["f": "2", "g": "2"])]], policy: "record"))
        #expect(whole.conflict.isOfWholeEdits)
        #expect(throws: ResolutionError.nothingAnswered) { try whole.draft() }
        let half = try whole.setting(Name("f"), to: FieldValue(integer: 7))
        #expect(throws: ResolutionError.unanswered([try Name("g")])) { try half.draft() }
        #expect(try half.setting(Name("g"), to: nil).draft().kind == .resolve)

        let deleted = Resolution(of: try Self.conflict([[Self.write(["f": "0"]), .delete], [Self.write(["f": "2"])]]))
        let sides = deleted.conflict.sides.map(\.dot)
        #expect(sides.count == 2)
        #expect(throws: ResolutionError.excludeEachOther(sides[0], sides[1])) { try deleted.choosing(sides) }
        #expect(try deleted.choosing([sides[0]]).isComplete && deleted.choosing([sides[1]]).isComplete)

        let depth = Limits.valueDepth
        let deep = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        let nested = Resolution(of: try Self.conflict([[Self.write(["f": "0"]), Self.write(["f": deep])], [Self.write(["f": "2"])]]))
        #expect(throws: ResolutionError.tooDeep(try Name("f"))) { try nested.takingBoth(of: Name("f")) }
        #expect(try nested.setting(Name("f"), to: FieldValue(integer: 1)).draft().kind == .resolve)
    }

    @Test func `what does not fit into one event is refused where it is chosen and where it is written`() throws {
        func text(_ letter: String) -> String { "\"" + String(repeating: letter, count: Limits.eventBytes / 2) + "\"" }
        let long = Resolution(
            of: try Self.conflict([[Self.write(["f": "0"]), Self.write(["f": text("a")])], [Self.write(["f": text("b")])]]))
        let both = try long.takingBoth()
        for refused in [{ try both.checkSize() }, { _ = try both.draft() }] as [() throws -> Void] {
            let error = #expect(throws: ResolutionError.self) { try refused() }
            guard case .tooLarge(let bytes, fields: 1) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(bytes > Limits.eventBytes && bytes < Limits.eventBytes + 1000)
        }
        for side in long.conflict.sides {
            let one = try long.choosing([side.dot])
            try one.checkSize()
            #expect(try one.draft().kind == .resolve)
        }
    }

    private static func check(
        _ replica: Replica<FaultyVolume>, _ resolution: Resolution, _ draft: Draft, _ name: String
    ) throws {
        let key = draft.key
        let before = try replica.history(of: key).map(\.event)
        let now = try #require(try replica.record(key))
        let event = try Event(
            dot: Dot(device: DeviceID(high: 99, low: 1), seq: 1), key: key, context: now.clock, time: HybridTime(milliseconds: 3_000_000),
            body: draft.body,
            kind: draft.kind)
        let record = try #require(try RecordFold.folded(before + [event], key))
        #expect(record.heads == [event.dot], "\(name)")
        #expect(record.isDeleted == resolution.isDelete || record.shown.isEmpty, "\(name)")
        for change in resolution.changes {
            #expect(record.shown(change.field) == change.after, "\(name), \(change.field)")
            #expect(record.fields.first { $0.field == change.field }?.isContested != true, "\(name), \(change.field)")
            #expect(change.before == resolution.conflict.shown.first { $0.field == change.field }?.value, "\(name), \(change.field)")
        }
        #expect(!record.isDeleteAgainstEdit, "\(name)")
        let contested = record.fields.filter(\.isContested).map(\.field)
        #expect(Set(contested).isSuperset(of: resolution.openFields), "\(name)")
        // What stays contested and is not called open is what a policy decides.
        let decided = resolution.conflict.fields.filter { !$0.decision.isOpen }.map(\.field)
        #expect(Set(contested).subtracting(decided).isSubset(of: resolution.openFields), "\(name)")
        guard !resolution.isDelete else { return }
        // Nobody else's live values are touched.
        for field in now.fields where !resolution.answeredFields.contains(field.field) {
            #expect(record.fields.first { $0.field == field.field } == field, "\(name), \(field.field)")
        }
        // The edit that is kept is the whole record as its side saw it, but for what was answered otherwise.
        if case .keep(let dot) = resolution.whole, let side = resolution.conflict.sides.first(where: { $0.dot == dot }),
            resolution.conflict.winner == nil
        {
            for write in side.record.shown { #expect(resolution.answer(write.field) != nil, "\(name), \(write.field)") }
        }
    }

    private static func chosen(_ resolution: Resolution, _ random: inout SeededRandom) throws(ResolutionError) -> Resolution {
        let conflict = resolution.conflict
        let side = conflict.sides[random.below(conflict.sides.count)].dot
        let names = conflict.fields.map(\.field) + conflict.record.fields.map(\.field)
        let field = names[random.below(names.count)]
        return switch random.below(10) {
        case 0: try resolution.choosing([side])
        case 1: try resolution.choosing([side], for: field)
        case 2: try resolution.choosingRest([side])
        case 3: try resolution.takingBase(of: random.chance(1, in: 2) ? field : nil)
        case 4: try resolution.takingBoth(of: random.chance(1, in: 2) ? field : nil)
        case 5: try resolution.merging()
        case 6: try resolution.merging(field)
        case 7: try resolution.setting(field, to: FieldValue(integer: 7))
        case 8: try resolution.setting(field, to: nil)
        default: resolution.clearing(field)
        }
    }

    private static func policyDrafts(_ seed: UInt64) throws -> [Draft] {
        try ["notes", "other"].map { collection in
            let words = ["latest", "union", "max", "master", "text"]
            let write = FieldWrite(field: .restOfFields, value: FieldValue(text: words[Int(seed / 2) % words.count]))
            return Draft(key: RecordKey(collection: .policies, record: try Name(collection)), body: try .writing(set: [write]))
        }
    }
}
