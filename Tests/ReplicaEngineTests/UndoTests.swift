import EventCore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Undo and redo on random histories, held to the reference model.
struct UndoTests {
    static let seeds = Array(0..<10 as Range<UInt64>)

    @Test(arguments: seeds) func `undoing any event writes back what its fields held, contested values included`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (store, model) = try Self.store(seed)
        for event in try store.events().shuffled(using: &random).prefix(25) {
            let name = "seed \(seed), \(event.dot)"
            let before = model.record(event.key)
            let plan: UndoPlan
            do { plan = try store.replica.undoPlan(of: event.dot) } catch {
                #expect(error == .nothingToUndo(event.dot), "\(name)")
                continue
            }
            let movedOn = Self.movedOn(plan.undone, before)
            // An entry that an undo brought back may stand for the undone event's own.
            #expect(Set(plan.movedOn.map(\.version.dot)).isSubset(of: movedOn), "\(name)")
            let undos = Set(before.events.filter { $0.undoes != nil }.map(\.dot))
            #expect(movedOn.subtracting(undos).isSubset(of: plan.movedOn.map(\.version.dot)), "\(name)")
            let written = try store.commit(plan.drafts)
            for event in written { model.add(event) }
            #expect(Set(written.map(\.context)).count == 1 && written.allSatisfy { $0.kind == .undo && $0.undoes == plan.dot }, "\(name)")
            #expect(try store.dump() == String(decoding: model.canonicalDump, as: UTF8.self), "\(name)")
            Self.expectUndone(plan.undone, before, model.record(event.key), name)
        }
    }

    @Test(arguments: seeds) func `undo, then redo, gives back what was shown`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (store, _) = try Self.store(seed)
        for _ in 0..<6 {
            try store.write(&random, "seed \(seed)")
            let count = 1 + random.below(4)
            var shown: [[RecordKey: [FieldWrite]]] = [try Self.shown(store)]
            var undone: [Dot] = []
            for _ in 0..<count {
                guard let dot = try store.replica.newestToUndo() else { break }
                // Only what nobody has written over: the rest is asked about.
                guard let plan = try? store.replica.undoPlan(of: dot), plan.movedOn.isEmpty else { break }
                _ = try store.commit(plan.drafts)
                undone.append(dot)
                shown.append(try Self.shown(store))
            }
            for (back, dot) in undone.reversed().enumerated() {
                #expect(try Self.shown(store) == shown[undone.count - back], "seed \(seed)")
                let undo = try #require(try store.replica.newestToRedo())
                let plan = try store.replica.undoPlan(of: undo)
                #expect(plan.undone.allSatisfy { $0.undoes == dot } && plan.movedOn.isEmpty, "seed \(seed)")
                _ = try store.commit(plan.drafts)
                #expect(try Self.shown(store) == shown[undone.count - back - 1], "seed \(seed)")
            }
        }
    }

    @Test func `the newest event of this device is undone, whatever others wrote behind it`() throws {
        var (left, right) = (try Store(1, wall: 1_000_000), try Store(2, wall: 1_000_000))
        #expect(try left.replica.newestToUndo() == nil && left.replica.newestToRedo() == nil)
        let own = [try left.set(try Name("a"), "1"), try left.set(try Name("b"), "1")]
        _ = try right.replica.ingest(try left.events())
        for number in 0..<300 { _ = try right.set(try Name("c"), "\(number)") }
        _ = try left.replica.ingest(try right.events())
        try left.reopen()
        #expect(try left.replica.newestToUndo() == own[1].dot)
        // Another device's undo counts.
        _ = try right.commit(try right.replica.undoPlan(of: own[1].dot).drafts)
        _ = try left.replica.ingest(try right.events())
        #expect(try left.replica.newestToUndo() == own[0].dot && left.replica.newestToRedo() == nil)
    }

    @Test func `what is to be undone or redone is found however much was written since`() throws {
        var store = try Store(1, wall: 1_000_000)
        let undo = try store.commit(try store.replica.undoPlan(of: try store.set(try Name("a"), "1").dot).drafts)
        let key = try RecordKey(collection: Name("trips"), record: Name("paris"))
        let body = try EventBody.writing(set: [FieldWrite(field: Name("a"), value: Store.value("3"))])
        let later = try store.commit([Draft](repeating: Draft(key: key, body: body), count: 10_050))
        #expect(try store.replica.newestToRedo() == undo.first?.dot)
        // All of that is an undo's: what is left to undo lies before it.
        let undone = try #require(later.last).dot
        for _ in 0..<11 {
            _ = try store.commit([Draft](repeating: Draft(key: key, body: body, kind: .undo, undoes: undone), count: 1000))
        }
        #expect(try store.replica.newestToUndo() == later[later.count - 2].dot)
    }

    // MARK: - What the model says

    private static func store(_ seed: UInt64) throws -> (Store, ReferenceModel) {
        let history = try RandomHistory(seed: seed, options: RandomHistory.Options(events: 90))
        let store = try Store(99, wall: 2_000_000)
        _ = try store.replica.ingest(history.events)
        var model = ReferenceModel()
        for event in history.events { model.add(event) }
        return (store, model)
    }

    /// The record as the writer of an undone event saw it.
    private static func seen(_ undone: [Event], _ record: ReferenceRecord) -> ReferenceRecord {
        ReferenceRecord(key: record.key, events: record.events.filter { undone[0].context.covers($0.dot) })
    }

    private static func concerned(_ undone: [Event], _ records: [ReferenceRecord], whole: Bool) -> Set<Name> {
        if whole { return Set(records.flatMap(\.fields.keys)) }
        return Set(
            undone.flatMap { event -> [Name] in
                guard case .write(let set, let unset) = event.body else { return [] }
                return set.map(\.field) + unset
            })
    }

    private static func isWhole(_ undone: [Event], _ seen: ReferenceRecord) -> Bool {
        !seen.tombstones.isEmpty || undone.contains { $0.body == .delete }
    }

    private static func movedOn(_ undone: [Event], _ now: ReferenceRecord) -> Set<Dot> {
        let seen = seen(undone, now)
        var live = now.tombstones.subtracting(seen.tombstones)
        for field in concerned(undone, [seen, now], whole: isWhole(undone, seen)) {
            let had = seen.fields[field] ?? []
            // What is removed, and will be nothing, loses nothing.
            let losing = (now.fields[field] ?? []).subtracting(had).filter { $0.value != nil || had.contains { $0.value != nil } }
            live.formUnion(losing.map(\.dot))
        }
        return live.subtracting(undone.map(\.dot))
    }

    private static func expectUndone(_ undone: [Event], _ before: ReferenceRecord, _ after: ReferenceRecord, _ name: String) {
        let seen = seen(undone, before)
        let fields = concerned(undone, [seen, before], whole: isWhole(undone, seen))
        func values(_ record: ReferenceRecord, _ field: Name) -> Set<FieldValue?> {
            let values = Set((record.fields[field] ?? []).map(\.value))
            // Nothing and *removed* show the same.
            return values.isEmpty ? [nil] : values
        }
        for field in fields { #expect(values(after, field) == values(seen, field), "\(name), \(field.text)") }
        // Of other fields only what those whose entries come back contest as well is written anew, as it was.
        for field in Set(before.fields.keys).subtracting(fields) { #expect(values(after, field) == values(before, field), "\(name)") }
        #expect(after.tombstones.count == seen.tombstones.count, "\(name)")
        for field in fields { #expect(after.shown(field) == seen.shown(field), "\(name), \(field.text)") }
    }

    private static func shown(_ store: Store) throws -> [RecordKey: [FieldWrite]] {
        var shown: [RecordKey: [FieldWrite]] = [:]
        try store.replica.records(in: nil) { record in
            shown[record.key] = record.shown
            return true
        }
        return shown
    }
}
