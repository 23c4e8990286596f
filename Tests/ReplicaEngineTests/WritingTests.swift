import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// What a store writes itself: contexts, times, resolutions and undos, held to the reference model.
struct WritingTests {
    private static let trip = RecordKey(collection: Name(unchecked: Array("trips".utf8)), record: Name(unchecked: Array("rome".utf8)))
    private static let title = Name(unchecked: Array("title".utf8))
    private static let color = Name(unchecked: Array("color".utf8))

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `stores that write and exchange end up alike, and each event says what its writer had seen`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var stores = try (0..<3 as Range<UInt64>).map { try Store($0 + 1, wall: 1_000_000_000 + random.next() % 90_000_000) }
        for _ in 0..<60 {
            let index = random.below(3)
            switch random.below(8) {
            case 0...3: try stores[index].write(&random, "seed \(seed)")
            case 4, 5: try stores[index].take(from: stores[random.below(3)], &random)
            case 6: try stores[index].reopen()
            default: stores[index].wall += random.chance(1, in: 4) ? random.next() % 200_000_000 : random.next() % 1000
            }
        }
        let all = stores
        for index in stores.indices {
            for other in all { _ = try stores[index].replica.ingest(other.events()) }
        }
        var model = ReferenceModel()
        for event in try stores[0].events().shuffled(using: &random) { model.add(event) }
        let expected = String(decoding: model.canonicalDump, as: UTF8.self)
        for store in stores { #expect(try store.dump() == expected, "seed \(seed)") }
    }

    @Test func `a store writes later than what it has just taken in`() throws {
        var store = try Store(1, wall: 5000)
        let first = try store.set(Self.title, "1")
        let ahead = try Self.foreign(7, at: 90_000)
        _ = try store.replica.ingest([ahead])
        let second = try store.set(Self.title, "2")
        #expect(second.time > ahead.time && ahead.time > first.time)
        // One that waits has been seen, too.
        let early = try Self.foreign(8, seq: 2, at: 95_000)
        #expect(try store.replica.ingest([early]).waiting == 1)
        #expect(try store.set(Self.title, "3").time > early.time)
        // The absurd is kept, and pulls nothing along.
        _ = try store.replica.ingest([try Self.foreign(9, at: 2 * Limits.clockSkewMilliseconds)])
        let fourth = try store.set(Self.title, "4")
        #expect(fourth.time.milliseconds == 95_000)
        try store.reopen()
        let fifth = try store.set(Self.title, "5")
        #expect(fifth.time > fourth.time && fifth.time.milliseconds == 95_000)
        // A day later it is no longer absurd, whether the store was opened in between or not.
        store.wall += Limits.clockSkewMilliseconds + 1
        #expect(try store.set(Self.title, "6").time.milliseconds == 2 * Limits.clockSkewMilliseconds)
    }

    // MARK: - Leases

    private static func policy(_ collection: String) throws -> Draft {
        let write = FieldWrite(field: .restOfFields, value: FieldValue(text: "latest"))
        return Draft(key: RecordKey(collection: .policies, record: try Name(collection)), body: try .writing(set: [write]))
    }

    @Test func `what is written under a lease carries its epoch, and a store that has joined writes policies in no other way`() throws {
        let store = try Store(1, wall: 5000)
        let edit = Draft(key: Self.trip, body: try .writing(set: [FieldWrite(field: Self.title, value: .null)]))
        var (hasJoined, epoch) = (false, UInt64(0))
        store.replica.lease = WritingLease(hasJoined: { hasJoined }, epoch: { epoch })
        let write = { (drafts: Draft...) throws(ReplicaError) in try store.replica.commit(drafts, wall: 5000).map(\.epoch) }
        #expect(try write(edit, Self.policy("a")) == [0, 0])
        hasJoined = true
        let end = store.replica.end
        let needed = ReplicaError.leaseNeeded(try Self.policy("b").key)
        #expect(throws: needed) { try write(edit, Self.policy("b")) }
        #expect(throws: needed) { _ = try store.replica.commit([PreparedDrafts([edit, Self.policy("b")])], wall: 5000) }
        #expect(store.replica.end == end)
        #expect(try write(edit) == [0])
        epoch = 3
        #expect(try write(edit, Self.policy("b")) == [3, 3])
        let dot = try #require(try store.replica.commit([PreparedDrafts([edit])], wall: 5000))
        #expect(try store.replica.event(dot)?.event.epoch == 3)
    }

    // MARK: - Resolving

    @Test(arguments: [0, 1, 2]) func `a store never goes back behind its own events, however far its wall clock does`(more: Int) throws {
        var store = try Store(1, wall: 5000)
        store.wall += 10 * Limits.clockSkewMilliseconds
        for number in 0...more { _ = try store.set(Name("title"), "\(number)") }
        let before = try #require(try store.events().last)
        store.wall = 5000
        try store.reopen()
        let after = try store.set(Name("title"), "9")
        #expect(after.time > before.time)
        #expect(after.time.milliseconds == before.time.milliseconds)
    }

    @Test func `choosing a side ends the conflict with that side's value, on every store alike`() throws {
        var (phone, laptop) = try Self.conflict()
        let open = try #require(try phone.replica.conflict(Self.trip))
        #expect(open.sides.count == 2 && open.fields.map(\.field) == [Self.title])
        let loser = try #require(open.sides.last)
        _ = try phone.commit([Resolution(of: open).choosing([loser.dot]).draft()])
        #expect(try phone.replica.conflict(Self.trip) == nil)
        #expect(try phone.replica.record(Self.trip)?.shown(Self.title) == loser.record.shown(Self.title))
        #expect(try phone.replica.record(Self.trip)?.heads.count == 1)
        _ = try laptop.replica.ingest(phone.events())
        #expect(try laptop.dump() == phone.dump())
    }

    @Test func `two stores that resolve alike agree, two that differ leave a conflict between the answers`() throws {
        for isAlike in [true, false] {
            var (phone, laptop) = try Self.conflict()
            let open = try #require(try phone.replica.conflict(Self.trip))
            #expect(try laptop.replica.conflict(Self.trip) == open)
            let answer = try phone.commit([Resolution(of: open).choosing([open.sides[0].dot]).draft()])
            let other = try laptop.commit([Resolution(of: open).choosing([open.sides[isAlike ? 0 : 1].dot]).draft()])
            _ = try phone.replica.ingest(laptop.events())
            let rest = try phone.replica.conflict(Self.trip)
            #expect((rest == nil) == isAlike)
            if let rest { #expect(Set(rest.sides.map(\.dot)) == Set((answer + other).map(\.dot))) }
        }
    }

    @Test func `a side that is none is refused`() throws {
        let (phone, _) = try Self.conflict()
        let open = try #require(try phone.replica.conflict(Self.trip))
        let stranger = Dot(device: DeviceID(high: 77, low: 7), seq: 1)
        #expect(throws: ResolutionError.notASide(stranger)) { try Resolution(of: open).choosing([stranger]) }
        #expect(throws: ResolutionError.excludeEachOther(open.sides[0].dot, open.sides[1].dot)) {
            try Resolution(of: open).choosing(open.sides.map(\.dot))
        }
    }

    @Test func `in delete against edit the edit's side sets all that it saw, the delete's side deletes`() throws {
        for isDelete in [true, false] {
            var phone = try Store(1, wall: 5000)
            var laptop = try Store(2, wall: 6000)
            _ = try phone.set(Self.title, "1")
            _ = try phone.set(Self.color, "2")
            _ = try laptop.replica.ingest(phone.events())
            _ = try laptop.commit([Draft(key: Self.trip, body: .delete)])
            _ = try phone.set(Self.title, "3")
            _ = try phone.replica.ingest(laptop.events())
            let open = try #require(try phone.replica.conflict(Self.trip))
            #expect(open.isDeleteAgainstEdit && open.fields.isEmpty && open.record.shown(Self.color) == nil)
            #expect(open.base?.shown(Self.color) == Store.value("2") && open.base?.shown(Self.title) == Store.value("1"))
            let side = try #require(open.sides.first { $0.isDelete == isDelete })
            _ = try phone.commit([Resolution(of: open).choosing([side.dot]).draft()])
            #expect(try phone.replica.conflict(Self.trip) == nil)
            let record = try #require(try phone.replica.record(Self.trip))
            #expect(record.isDeleted == isDelete && record.shown.count == (isDelete ? 0 : 2))
        }
    }

    // MARK: - Undoing

    @Test func `the events of one undo share a context, so that the conflict is open again`() throws {
        var (phone, _) = try Self.conflict()
        let open = try #require(try phone.replica.conflict(Self.trip))
        let settled = try #require(try phone.commit([Resolution(of: open).choosing([open.sides[0].dot]).draft()]).first)
        let clock = try #require(try phone.replica.record(Self.trip)).clock
        let drafts = try open.fields[0].versions.map { version in
            let write = FieldWrite(field: Self.title, value: try #require(version.value))
            return Draft(key: Self.trip, body: try .writing(set: [write]), kind: .undo, undoes: settled.dot)
        }
        let undos = try phone.commit(drafts)
        #expect(undos.map(\.context) == [clock, clock])
        let again = try #require(try phone.replica.conflict(Self.trip))
        #expect(Set(again.sides.map(\.dot)) == Set(undos.map(\.dot)))
        #expect(Set(again.fields[0].versions.map(\.value)) == Set(open.fields[0].versions.map(\.value)))
        // The next event of the record has seen them all.
        #expect(try phone.set(Self.color, "9").context[phone.replica.device] == undos.map(\.dot.seq).max())
    }

    @Test func `a segment that outgrew its limit is sealed when the store is closed`() throws {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let options = LogOptions(segmentLimitBytes: 6000)
        let key = try RecordKey(collection: Name("trips"), record: Name("rome"))
        let body = try EventBody.writing(set: [FieldWrite(field: Name("title"), value: Store.value("1"))])
        var replica = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 1, low: 0), name: "here", storeID: StoreID(high: 1, low: 1),
            options: options)
        // Each opening writes one event, as one-shot commands do: without sealing the segment would grow for ever.
        for wall in 1...100 as ClosedRange<UInt64> {
            _ = try replica.commit([Draft(key: key, body: body)], wall: wall)
            try replica.close()
            replica = try Replica.open(in: "disk/store", on: volume, access: .writing, options: options)
        }
        #expect(replica.end == Position(100))
        #expect(replica.segmentCount > 1)
        #expect(replica.foldedAtOpening < 100)
    }

    @Test func `a draft that is too large takes the whole commit with it`() throws {
        let store = try Store(1, wall: 5000)
        let small = try Draft(key: Self.trip, body: .writing(set: [FieldWrite(field: Self.title, value: .null)]))
        let page = FieldValue(uncheckedCanonical: Array("\"\(String(repeating: "x", count: Limits.eventBytes))\"".utf8))
        let large = try Draft(key: Self.trip, body: .writing(set: [FieldWrite(field: Self.title, value: page)]))
        #expect(throws: ReplicaError.self) { try store.replica.commit([small, large], wall: 5000) }
        #expect(store.replica.end == Position(0) && store.replica.recordCount == 0)
        #expect(try store.replica.commit([small], wall: 5000).first?.dot.seq == 1)
    }

    // MARK: - Making

    /// Two stores that hold the same conflict about the title.
    private static func conflict() throws -> (Store, Store) {
        var phone = try Store(1, wall: 5000)
        var laptop = try Store(2, wall: 6000)
        _ = try phone.set(title, "1")
        _ = try laptop.replica.ingest(phone.events())
        _ = try phone.set(title, "2")
        _ = try laptop.set(title, "3")
        _ = try laptop.set(color, "4")
        _ = try laptop.replica.ingest(phone.events())
        _ = try phone.replica.ingest(laptop.events())
        return (phone, laptop)
    }

    private static func foreign(_ device: UInt64, seq: UInt64 = 1, at milliseconds: UInt64) throws -> Event {
        try Event(
            dot: Dot(device: DeviceID(high: device, low: 0), seq: seq), key: trip, context: VersionVector(),
            time: HybridTime(milliseconds: milliseconds), body: .writing(set: [FieldWrite(field: color, value: .null)]))
    }
}
