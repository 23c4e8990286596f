import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// A record's past read from its end back gives what folding all of it from its beginning gives, and reads no more than it takes.
struct BackwardFoldTests {
    static let seeds = Array(0..<16 as Range<UInt64>)

    @Test(arguments: seeds) func `whatever some events had seen, read backwards it is what all of it folds to`(seed: UInt64) throws {
        let (store, random) = try Self.store(seed)
        var generator = random
        let replica = store.replica
        for key in Set(try store.events().map(\.key)) {
            let history = try replica.history(of: key)
            let newestFirst = Array(history.reversed())
            for number in newestFirst.indices {
                let event = newestFirst[number].event
                let name = "seed \(seed), \(key), \(number)"
                func held(_ cut: PastCut, _ past: RecordPast<FaultyVolume>, _ isMember: (LoggedEvent) -> Bool) throws {
                    try Self.same(past.record(cut), RecordFold.folded(history.filter(isMember).map(\.event), key), name)
                    let field = event.key.collection
                    #expect(try past.versions(of: field, in: cut).isEmpty, "\(name)")
                }
                func past() throws -> RecordPast<FaultyVolume> {
                    let past = try #require(try RecordPast(replica, key))
                    #expect(try past.number(of: event.dot) == number, "\(name)")
                    return past
                }
                try held(.from(number), try past()) { $0.position <= newestFirst[number].position }
                try held(.upTo(number), try past()) { $0.event.dot == event.dot || event.context.covers($0.event.dot) }
                try held(.upTo(0), try RecordPast(replica, key, from: newestFirst[number].position)) {
                    $0.event.dot == event.dot || event.context.covers($0.event.dot)
                }
                let others = (0...generator.below(3)).map { _ in generator.below(history.count) } + [number]
                let late = try past()
                for other in others { #expect(try late.has(other)) }
                try held(.seenBy(others), late) { logged in others.allSatisfy { newestFirst[$0].event.context.covers(logged.event.dot) } }
                #expect(try past().event(number) == event, "\(name)")
            }
        }
    }

    @Test(arguments: seeds.prefix(6)) func `what is asked of one field is what its record says`(seed: UInt64) throws {
        let store = try Self.store(seed).0
        for key in Set(try store.events().map(\.key)) {
            let history = try store.replica.history(of: key)
            for number in stride(from: 0, to: history.count, by: 3) {
                let past = try #require(try RecordPast(store.replica, key))
                guard try past.has(number) else { continue }
                let context = try past.event(number).context
                let whole = try RecordFold.folded(history.map(\.event).filter { context.covers($0.dot) }, key)
                let fields = Set(history.flatMap { $0.event.fields })
                for field in fields {
                    let held = whole?.fields.first { $0.field == field }?.versions ?? []
                    #expect(try Set(past.versions(of: field, in: .seenBy([number]))) == Set(held), "seed \(seed), \(number)")
                }
                let heads = try BackwardFold(of: .seenBy([number]), in: past, fields: [])
                #expect(heads.heads.sorted() == whole?.heads ?? [] && heads.tombstones.sorted() == whole?.tombstones ?? [])
            }
        }
    }

    @Test func `a long history is read as far as it takes, and what is contested for long is found`() throws {
        var store = try Store(1, wall: 1_000_000)
        let other = try Store(2, wall: 1_000_000)
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        let (a, b, c) = (try Name("a"), try Name("b"), try Name("c"))
        func draft(_ field: Name, _ number: Int) throws -> Draft {
            Draft(key: key, body: try .writing(set: [FieldWrite(field: field, value: Store.value("\(number)"))]))
        }
        func meet() throws {
            _ = try other.replica.ingest(try store.events())
            _ = try store.replica.ingest(try other.events())
        }
        // One field is contested from early on, another from the end; the third goes on.
        _ = try store.commit([try draft(a, 1), try draft(b, 1), try draft(c, 1)])
        try meet()
        let old = try (store.set(b, "2"), other.replica.commit([try draft(b, 3)], wall: 1_500_000))
        try meet()
        for piece in 0..<20 {
            _ = try store.commit(try (0..<150).map { try draft(c, piece * 250 + $0) })
            if piece % 5 == 4 {
                try meet()
                _ = try other.replica.commit([try draft(a, piece)], wall: 2_000_000 + UInt64(piece))
                try meet()
            }
        }
        let new = try (store.set(a, "70"), other.replica.commit([try draft(a, 71)], wall: 3_000_000))
        try meet()
        // Of a device that begins to write only now nothing is to be found further back.
        let third = try Store(3, wall: 3_500_000)
        _ = try third.replica.ingest(try store.events())
        _ = try store.replica.ingest(try third.replica.commit([try draft(c, 8)], wall: 4_000_000))
        _ = try store.commit([try draft(c, 9)])
        try store.replica.checkpoint()

        let history = try store.replica.history(of: key).map(\.event)
        let past = try #require(try RecordPast(store.replica, key))
        let sides = try [new.0.dot, new.1[0].dot].map { try #require(try past.number(of: $0)) }
        for cut in [PastCut.seenBy(sides), .upTo(sides[0]), .upTo(sides[1]), .from(1)] {
            let context: (Event) -> Bool = { event in
                switch cut {
                case .seenBy: return new.0.context.covers(event.dot) && new.1[0].context.covers(event.dot)
                case .upTo(let number): return past.row(number).dot == event.dot || past.covers(number, of: event.dot)
                case .from: return event.dot != history.last?.dot
                }
            }
            try Self.same(past.record(cut), RecordFold.folded(history.filter(context), key), "\(cut)")
        }
        #expect(past.readCount < 1500 && history.count > 3000)
        let conflict = try #require(try store.replica.conflict(key))
        #expect(conflict.fields.map(\.field) == [a, b])
        #expect(Set(conflict.sides.map(\.dot)) == Set([old.0.dot, old.1[0].dot, new.0.dot, new.1[0].dot]))
        #expect(conflict.fields.map { $0.base.map(\.?.description) } == [["19"], ["1"]])
    }

    // MARK: - Helpers

    /// A store with deletes, undos, resolutions and several heads, in an order that is none of the writers', and with events that wait.
    static func store(_ seed: UInt64) throws -> (Store, SeededRandom) {
        var options = RandomHistory.Options(events: 70, meetsOften: seed % 2 == 0)
        options.meetsEveryone = seed % 5 == 4
        let history = try RandomHistory(seed: seed, options: options)
        var random = SeededRandom(seed: seed)
        var store = try Store(99, wall: 2_000_000)
        let events = history.shuffled(seed: seed)
        _ = try store.replica.ingest(seed % 3 == 0 ? Array(events.dropLast(12)) : events)
        for _ in 0..<6 {
            try store.write(&random, "seed \(seed)")
            if random.chance(1, in: 2), let dot = try store.replica.newestToUndo(), let plan = try? store.replica.undoPlan(of: dot) {
                _ = try store.commit(plan.drafts)
            }
            if random.chance(1, in: 2), let conflict = try store.replica.conflicts().randomElement(using: &random),
                let resolution = try? Resolution(of: conflict).choosing([conflict.sides[0].dot]), let draft = try? resolution.draft()
            {
                _ = try store.commit([draft])
            }
        }
        try store.reopen()
        return (store, random)
    }

    private static func same(_ found: Record?, _ expected: Record?, _ name: String) throws {
        #expect(found?.with(times: [:]) == expected?.with(times: [:]), "\(name)")
        for (dot, time) in found?.times ?? [:] { #expect(expected?.times[dot] == time, "\(name)") }
        #expect(found?.shown == expected?.shown, "\(name)")
    }
}

extension RecordPast {
    fileprivate func covers(_ number: Int, of dot: Dot) -> Bool { (try? context(of: number).covers(dot)) ?? false }
}

extension Event {
    fileprivate var fields: [Name] {
        guard case .write(let set, let unset) = body else { return [] }
        return set.map(\.field) + unset
    }
}
