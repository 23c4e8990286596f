import EventCore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// A conflict that was settled and is opened again by an undo is the conflict that it was.
struct ReopenedConflictTests {
    @Test(arguments: ["manual", "record", "latest", "master", "union"], Array(0..<4 as Range<UInt64>))
    func `what settled a conflict undone, the conflict is there again`(policy: String, part: UInt64) throws {
        var count = 0
        for seed in 12 * part..<12 * (part + 1) {
            var random = SeededRandom(seed: seed)
            var store = try Self.meeting(under: policy, &random)
            for number in 0..<3 {
                let key = try RecordKey(collection: Name("trips"), record: Name("r\(number)"))
                for round in 0..<3 {
                    guard let conflict = try store.replica.conflict(key), policy != "record" || Self.isToldApart(conflict) else { continue }
                    let name = "seed \(seed), \(policy), \(key.record.text), round \(round)"
                    let settling = try store.commit([try Self.settling(conflict, &random)])
                    let (open, settled) = (Facts(conflict), try store.replica.conflict(key).map(Facts.init))
                    if policy == "record" && settled != nil { continue }
                    var undone = try #require(settling.first).dot
                    for step in 0..<3 {
                        // Once more what was undone and redone, or the redo.
                        if step == 2 && round == 1 { undone = try #require(settling.first).dot }
                        let plan = try store.replica.undoPlan(of: undone)
                        #expect(plan.movedOn.isEmpty, "\(name)")
                        undone = try #require(try store.commit(plan.drafts).first).dot
                        let now = try store.replica.conflict(key)
                        #expect(now.map(Facts.init) == (step == 1 ? settled : open), "\(name), step \(step)")
                        try Self.expectListed(now, in: store.replica, "\(name), step \(step)")
                    }
                    count += 1
                }
            }
        }
        #expect(count > 10, "seeds \(12 * part)…, \(policy)")
    }

    /// Of whole edits in conflict: whether what stands in the record tells whose it was. It does not where one side has a conflict in itself, nor where it wrote
    /// nothing but what another wrote as well; and an edit by somebody who had seen whole edits in conflict leaves a conflict of fields. Decisions/0014.
    private static func isToldApart(_ conflict: Conflict) -> Bool {
        func wroteSomethingOfItsOwn(_ side: Side) -> Bool {
            conflict.record.fields.contains { field in
                field.versions.contains { own in own.dot == side.dot && field.versions.filter { $0.value == own.value }.count == 1 }
            }
        }
        return conflict.isOfWholeEdits
            && conflict.sides.allSatisfy { !$0.record.isContested && ($0.isDelete || wroteSomethingOfItsOwn($0)) }
    }

    /// All that a person sees of a conflict, other than which event it is that says so now.
    private struct Facts: Hashable {
        struct Seen: Hashable {
            let isDelete: Bool
            let shown: [FieldWrite]
            let clock: VersionVector

            init(_ record: Record?, isDelete: Bool = false) {
                (self.isDelete, shown, clock) = (isDelete, record?.shown ?? [], record?.clock ?? VersionVector())
            }
        }

        struct Field: Hashable {
            let field: Name
            let base: [FieldValue?]
            let values: [FieldValue?]
            let decision: Decision
        }

        let base: Seen
        let sides: [Seen]
        let owners: [Dot]
        let fields: [Field]
        let isDeletionOpen: Bool
        let isOpen: Bool
        let shown: [FieldWrite]?

        init(_ conflict: Conflict) {
            base = Seen(conflict.base)
            sides = conflict.sides.map { Seen($0.record, isDelete: $0.isDelete) }
            owners = conflict.sides.map(\.standsFor)
            fields = conflict.fields.map { Field(field: $0.field, base: $0.base, values: $0.versions.map(\.value), decision: $0.decision) }
            (isDeletionOpen, isOpen) = (conflict.isDeletionOpen, conflict.isOpen)
            // Of whole edits in conflict each field shows its newest entry, of whichever side; one that is brought back is as new as its side.
            shown = conflict.isOfWholeEdits ? nil : conflict.record.shown
        }
    }

    /// The list has the conflict with its sides as it has them itself, and finds it by the devices whose sides they are.
    private static func expectListed(_ conflict: Conflict?, in replica: Replica<FaultyVolume>, _ name: String) throws {
        guard let conflict, conflict.isOpen else { return }
        func listed(of device: DeviceID?) throws -> OpenConflict? {
            var found: OpenConflict?
            try replica.openConflicts(of: device) { listed in
                if listed.key == conflict.key { found = listed }
                return found == nil
            }
            return found
        }
        #expect(try listed(of: nil) == OpenConflict(conflict), "\(name)")
        for device in Set(conflict.sides.flatMap { [$0.dot.device, $0.standsFor.device] }) {
            #expect(try (listed(of: device) != nil) == conflict.sides.contains { $0.standsFor.device == device }, "\(name)")
        }
    }

    /// A store that has met three devices which wrote, deleted, settled and took back, and met in part.
    private static func meeting(under policy: String, _ random: inout SeededRandom) throws -> Store {
        var stores: [Store] = []
        for number in 1..<5 as Range<UInt64> { stores.append(try Store(number, wall: 1_000_000)) }
        let key = try RecordKey(collection: Name("_policy"), record: Name("trips"))
        let value = FieldValue(text: policy)
        _ = try stores[0].commit([Draft(key: key, body: try .writing(set: [FieldWrite(field: Name("*"), value: value)]))])
        for _ in 0..<40 {
            let number = random.below(3)
            switch random.below(6) {
            case 0...2: try stores[number].write(&random, policy)
            case 3:
                let conflicts = try stores[number].replica.conflicts()
                if let conflict = conflicts.randomElement(using: &random) {
                    _ = try stores[number].commit([try settling(conflict, &random)])
                }
            case 4:
                if let dot = try stores[number].replica.newestToUndo(), let plan = try? stores[number].replica.undoPlan(of: dot) {
                    _ = try stores[number].commit(plan.drafts)
                }
            default: _ = try stores[number].replica.ingest(try stores[random.below(3)].events())
            }
        }
        for number in 0..<3 { _ = try stores[3].replica.ingest(try stores[number].events()) }
        stores[3].wall = (stores.map(\.wall).max() ?? 0) + 1
        return stores[3]
    }

    /// A side that is taken, or an edit by somebody who had seen the conflict.
    private static func settling(_ conflict: Conflict, _ random: inout SeededRandom) throws -> Draft {
        if let side = conflict.sides.randomElement(using: &random), random.chance(2, in: 3),
            let draft = try? Resolution(of: conflict).choosing([side.dot]).draft()
        {
            return draft
        }
        let field = try Name("f\(random.below(3))")
        return Draft(key: conflict.record.key, body: try .writing(set: [FieldWrite(field: field, value: Store.value("9"))]))
    }

    private static func expectSameBase(_ again: Conflict, _ conflict: Conflict) throws {
        #expect(again.base?.shown == conflict.base?.shown && again.base?.clock == conflict.base?.clock)
        #expect(again.fields.map(\.base) == conflict.fields.map(\.base))
        #expect(again.base != nil)
    }

    @Test func `a resolution undone opens the conflict again with the same values and the same one shown`() throws {
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        let (title, days) = (try Name("title"), try Name("days"))
        func write(_ field: Name, _ number: String) throws -> Draft {
            Draft(key: key, body: try .writing(set: [FieldWrite(field: field, value: Store.value(number))]))
        }
        var (left, right) = (try Store(1, wall: 1_000_000), try Store(2, wall: 1_000_000))
        _ = try left.commit([try write(title, "1"), try write(days, "7")])
        _ = try right.replica.ingest(try left.events())
        for other in [try write(title, "3"), Draft(key: key, body: .delete)] {
            _ = try left.commit([try write(title, "2")])
            _ = try right.commit([other])
            _ = try left.replica.ingest(try right.events())
            let conflict = try #require(try left.replica.conflict(key))
            for side in conflict.sides {
                let resolution = try left.commit([try Resolution(of: conflict).choosing([side.dot]).draft()])
                #expect(try left.replica.conflict(key) == nil)
                let plan = try left.replica.undoPlan(of: try #require(resolution.first).dot)
                #expect(plan.movedOn.isEmpty && plan.drafts.count == 2)
                _ = try left.commit(plan.drafts)
                let again = try #require(try left.replica.conflict(key))
                #expect(again.record.shown == conflict.record.shown && again.isDeleteAgainstEdit == conflict.isDeleteAgainstEdit)
                try Self.expectSameBase(again, conflict)
                // Behind any number of undos.
                let redo = try left.replica.undoPlan(of: try #require(try left.replica.newestToRedo()))
                _ = try left.commit(redo.drafts)
                #expect(try left.replica.conflict(key) == nil)
                _ = try left.commit(try left.replica.undoPlan(of: try #require(try left.replica.newestToUndo())).drafts)
                try Self.expectSameBase(try #require(try left.replica.conflict(key)), conflict)
                #expect(again.fields.map { Set($0.versions.map(\.value)) } == conflict.fields.map { Set($0.versions.map(\.value)) })
                #expect(again.sides.map(\.isDelete).sorted { !$0 && $1 } == conflict.sides.map(\.isDelete).sorted { !$0 && $1 })
            }
            _ = try right.replica.ingest(try left.events())
            #expect(try left.dump() == right.dump())
        }
    }
}
