import EventCore
import Testing

@testable import ReplicaEngine

/// Events under another identity: what each had seen stays what it had seen.
struct ReissueTests {
    private let former = DeviceID(high: 1, low: 0)
    private let other = DeviceID(high: 2, low: 0)
    private let device = DeviceID(high: 3, low: 0)

    private func event(_ dot: Dot, _ record: String, _ context: [Dot], undoes: Dot? = nil, epoch: UInt64 = 0) throws -> Event {
        try Event(
            dot: dot, key: RecordKey(collection: Name("notes"), record: Name(record)), context: VersionVector(context),
            time: HybridTime(milliseconds: dot.seq), body: .writing(set: [FieldWrite(field: Name("n"), value: .null)]),
            kind: undoes == nil ? .edit : .undo, undoes: undoes, epoch: epoch)
    }

    private func own(_ seq: UInt64) -> Dot { Dot(device: former, seq: seq) }
    private func anew(_ seq: UInt64) -> Dot { Dot(device: device, seq: seq) }

    @Test("what is agreed stays, the rest gets new names in the same order") func names() throws {
        var reissue = Reissue(former: former, device: device, agreed: 2)
        let events = try [
            event(own(1), "a", []), event(own(2), "b", []), event(Dot(device: other, seq: 1), "a", [own(1)]), event(own(3), "a", [own(1)]),
            event(own(4), "c", []),
        ]
        let issued = try events.map { try reissue.issue($0) }
        #expect(issued.prefix(3) == events.prefix(3))
        #expect(issued.suffix(2).map(\.dot) == [anew(1), anew(2)])
        #expect(reissue.count == 2)
        #expect(issued[3].time == events[3].time && issued[3].body == events[3].body && issued[3].key == events[3].key)
    }

    @Test("a context names what it named, under the names of now") func contexts() throws {
        var reissue = Reissue(former: former, device: device, agreed: 2)
        let foreign = Dot(device: other, seq: 7)
        // 1 and 4 are of a, 2 and 3 of b; 5 had seen all of a.
        for event in try [event(own(1), "a", []), event(own(2), "b", []), event(own(3), "b", [own(2)]), event(own(4), "a", [own(1)])] {
            _ = try reissue.issue(event)
        }
        let last = try reissue.issue(try event(own(5), "a", [own(4), foreign]))
        #expect(last.context == VersionVector([own(1), anew(2), foreign]))
        // One that had seen the agreed event only.
        let branch = try reissue.issue(try event(own(6), "b", [own(2)]))
        #expect(branch.context == VersionVector([own(2)]))
    }

    /// Found by world 124: the event's context named an event that had seen more than the context did, and the new store left it out.
    @Test("what others had seen of the former identity, under names that mean something else here, stays seen") func closed() throws {
        var reissue = Reissue(former: former, device: device, agreed: 0)
        let foreign = Dot(device: other, seq: 7)
        // Put back, it wrote another 1 than others have, and then took in what builds on theirs.
        _ = try reissue.issue(try event(own(1), "a", []))
        _ = try reissue.issue(try event(foreign, "a", [own(1)]))
        let second = try reissue.issue(try event(own(2), "a", [own(1), foreign]))
        #expect(second.context == VersionVector([own(1), anew(1), foreign]))
    }

    @Test("what cannot have its new name, or leaves something out, ends handing over, and both stores stay") func refused() throws {
        func draft(_ record: String) throws -> Draft {
            Draft(key: RecordKey(collection: try Name("notes"), record: try Name(record)), body: .delete)
        }
        var (old, known, used) = (try Store(1, wall: 1000), try Store(2, wall: 1000), try Store(3, wall: 1000))
        // The old store has taken in events of a device whose name the new one bears, and builds on them.
        let foreign = try known.commit([draft("a")])
        _ = try old.replica.ingest(foreign)
        let own = try old.commit([draft("a")])
        let before = try old.events()
        #expect(throws: ReplicaError.invalidDraft(.contextCoversDot)) { try Reissue.handOver(from: old.replica, to: known.replica) }
        #expect(try known.events() == foreign)
        // The new store has written on its own already.
        _ = try used.commit([draft("b"), draft("c")])
        #expect(own.count == 1)
        #expect(throws: ReplicaError.notIssuedAnew(Dot(device: used.replica.device, seq: 3))) {
            try Reissue.handOver(from: old.replica, to: used.replica)
        }
        #expect(try old.events() == before)
    }

    @Test("an event that fits under no name is left out and named, the rest is issued; again after an interruption") func leftOut() throws {
        func draft(_ record: String) throws -> Draft {
            Draft(key: RecordKey(collection: try Name("notes"), record: try Name(record)), body: .delete)
        }
        // Under one name others hold an event of another record than the old store has.
        var (here, elsewhere) = (try Store(2, wall: 1000), try Store(2, wall: 1000))
        let new = try Store(3, wall: 1000)
        var old = try Store(1, wall: 1000)
        _ = try old.replica.ingest(try here.commit([draft("b")]))
        _ = try new.replica.ingest(try elsewhere.commit([draft("z")]))
        // The second builds on it, and the third on the second.
        let own = try ["a", "b", "b", "c"].flatMap { try old.commit([draft($0)]) }
        let before = try old.events()
        let outcome = try Reissue.handOver(from: old.replica, to: new.replica)
        #expect(outcome.leftOut == [own[1], own[2]] && outcome.reissued == 2 && outcome.agreed == 0)
        let issued = try new.events()
        #expect(issued.filter { $0.dot.device == new.replica.device }.map(\.key) == [own[0].key, own[3].key])
        #expect(issued.count == 3 && new.replica.waitingEvents.isEmpty)
        #expect(try Reissue.handOver(from: old.replica, to: new.replica) == outcome)
        #expect(try new.events() == issued && old.events() == before)
    }

    @Test("an undo undoes the event under its new name, and a lease stays behind") func undo() throws {
        var reissue = Reissue(former: former, device: device, agreed: 0)
        let first = try reissue.issue(try event(own(1), "a", [], epoch: 4))
        let undo = try reissue.issue(try event(own(2), "a", [own(1)], undoes: own(1)))
        #expect(first.epoch == 0)
        #expect(undo.undoes == anew(1) && undo.context == VersionVector([anew(1)]))
    }
}
