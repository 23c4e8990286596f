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
