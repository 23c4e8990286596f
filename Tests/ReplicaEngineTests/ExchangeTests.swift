import EventCore
import LogStore
import Simulation
import SyncCore
import Testing
import Workload

@testable import ReplicaEngine

/// Events as they travel, and the readers that an exchange asks the log with.
struct ExchangeTests {
    /// A store with three devices' events, some of them in sealed segments.
    private func mixed(_ seed: UInt64) throws -> Store {
        var random = SeededRandom(seed: seed)
        var stores = try [1, 2, 3].map { try Store($0, wall: 1_700_000_000_000) }
        for round in 0..<60 {
            let writer = random.below(3)
            try stores[writer].write(&random, "seed \(seed)")
            if round % 7 == 0 {
                let other = stores[random.below(3)]
                try stores[writer].take(from: other, &random)
            }
            if round == 30 { try stores[0].replica.checkpoint() }
        }
        for other in stores.dropFirst() { _ = try stores[0].replica.ingest(try other.events() + other.replica.waitingEvents) }
        return stores[0]
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `events come back from blocks as they were`(seed: UInt64) throws {
        let events = try mixed(seed).events()
        let bytes = EventBlocks.bytes(of: events)
        #expect(try EventBlocks.events(in: bytes, limit: events.count) == events)
        let object = Array(#"{"a":1}"#.utf8)
        let parts = try #require(ExchangeBody.parts(of: ExchangeBody.bytes(object: object, events: events), limit: events.count))
        #expect(parts.events == events && parts.object.canonical.canonical == object)
    }

    @Test(arguments: [#""a"b""#, "\"a\u{1}b\"", #"{"b":1,"a":2}"#, "[1 ]", "1.0"])
    func `a value that is none is not taken from a block`(text: String) throws {
        let body = try EventBody.writing(set: [FieldWrite(field: Name("x"), value: FieldValue(uncheckedCanonical: Array(text.utf8)))])
        let event = try Event(
            dot: Dot(device: DeviceID(high: 1, low: 1), seq: 1), key: RecordKey(collection: Name("notes"), record: Name("trip")),
            context: VersionVector(), time: HybridTime(packed: 1 << 16), body: body)
        #expect(throws: BlockError.self) { try EventBlocks.events(in: EventBlocks.bytes(of: [event]), limit: 1) }
    }

    @Test func `every flipped bit and every cut of a body is noticed`() throws {
        let body = ExchangeBody.bytes(object: Array("{}".utf8), events: try mixed(1).events().prefix(3))
        for length in 0..<body.count where length != 6 {
            #expect(ExchangeBody.parts(of: Array(body[..<length]), limit: 10) == nil, "cut at \(length)")
        }
        for bit in (6 * 8)..<(body.count * 8) {
            var flipped = body
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(ExchangeBody.parts(of: flipped, limit: 10) == nil, "bit \(bit)")
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a reader says from any position what a reader from the start says`(seed: UInt64) throws {
        let store = try mixed(seed)
        let all = try store.events()
        for start in 0...all.count {
            var reader = EventReader(from: Position(UInt64(start)))
            var found: [Event] = []
            while case let events = try reader.next(5, of: store.replica), !events.isEmpty {
                #expect(events.first?.position.index == UInt64(start + found.count), "seed \(seed)")
                found += events.map(\.event)
            }
            #expect(found == Array(all[start...]), "seed \(seed), from \(start)")
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a reader of one device's events says of these what one of all events says`(seed: UInt64) throws {
        let store = try mixed(seed)
        let all = try store.events().enumerated().map { LoggedEvent(position: Position(UInt64($0)), event: $1) }
        for device in Set(all.map(\.event.dot.device)) + [DeviceID(high: 9, low: 9)] {
            for start in 0...all.count {
                var reader = EventReader(from: Position(UInt64(start)))
                var found: [LoggedEvent] = []
                while case let events = try reader.next(5, by: device, of: store.replica), !events.isEmpty { found += events }
                #expect(found == all[start...].filter { $0.event.dot.device == device }, "seed \(seed), \(device) from \(start)")
                #expect(reader.position == store.replica.end, "seed \(seed)")
            }
        }
    }

    @Test func `a reader knows the clock of a record whose other devices wrote long ago`() throws {
        var store = try Store(1, wall: 1_700_000_000_000)
        var other = try Store(2, wall: 1_700_000_000_000)
        let first = try other.set(Name("days"), "0")
        _ = try store.replica.ingest([first])
        // More than are looked at before states and first events are.
        for number in 1...700 { _ = try store.set(Name("days"), "\(number)") }
        try store.replica.checkpoint()
        for number in 701...720 { _ = try store.set(Name("days"), "\(number)") }
        let all = try store.events()
        for start in [1, 300, 500, 700, 719] {
            var reader = EventReader(from: Position(UInt64(start)))
            var found: [Event] = []
            while case let events = try reader.next(50, of: store.replica), !events.isEmpty { found += events.map(\.event) }
            #expect(found == Array(all[start...]), "from \(start)")
            #expect(found.first?.context.covers(first.dot) == true)
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a device's critical events are found from any position on`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var store = try Store(7, wall: 1_700_000_000_000)
        let other = try mixed(seed)
        let key = try RecordKey(collection: Name("alarms"), record: Name("a"))
        for round in 0..<60 {
            let body = try EventBody.writing(set: [FieldWrite(field: Name("n"), value: Store.value("\(round)"))])
            _ = try store.commit([Draft(key: key, body: body, isCritical: random.chance(1, in: 3))])
            if round % 9 == 0 { try store.take(from: other, &random) }
            if round == 40 { try store.replica.checkpoint() }
        }
        let all = try store.events()
        for start in 0...all.count {
            for limit in [7, all.count] {
                let within = all[start...].prefix(limit)
                let expected = within.filter { $0.isCritical && $0.dot.device == store.replica.device }.map(\.dot)
                // Whole blocks are looked at.
                let found = try store.replica.criticalEvents(of: store.replica.device, from: Position(UInt64(start)), limit: limit)
                #expect(Array(found.prefix(expected.count)) == expected, "seed \(seed), from \(start)")
                if limit == all.count { #expect(found == expected, "seed \(seed), from \(start)") }
            }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `only events that are known are passed over, and all blocks of such`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = try mixed(seed)
        let (all, replica) = (try store.events().map(\.dot), store.replica)
        var passed = 0
        for start in 0...all.count {
            for _ in 0..<6 {
                let known = VersionVector(
                    replica.versionVector.entries.compactMap { entry in
                        let seq = random.chance(1, in: 3) ? entry.seq : UInt64(random.below(Int(entry.seq) + 1))
                        return seq > 0 ? Dot(device: entry.device, seq: seq) : nil
                    })
                let found = Int(try replica.firstBlock(from: Position(UInt64(start)), beyond: known).index)
                #expect(found >= start && all[start..<found].allSatisfy { known.covers($0) }, "seed \(seed), from \(start)")
                passed += found - start
                guard found < all.count else { continue }
                // The block that it begins with, or lies in, has one that is not known.
                let block = try #require(try replica.storedBlock(containing: Position(UInt64(found))))
                let dots = all[Int(block.first.index)..<(Int(block.first.index) + Int(block.header.count))]
                #expect(dots.contains { !known.covers($0) }, "seed \(seed), from \(start)")
                #expect(found == max(start, Int(block.first.index)), "seed \(seed), from \(start)")
            }
        }
        #expect(passed > 0, "seed \(seed)")
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a reader goes on where small blocks were packed into large ones meanwhile`(seed: UInt64) throws {
        let store = try mixed(seed)
        let all = try store.events()
        var (readers, reader, count) = ([(EventReader, Int)](), EventReader(from: Position(0)), 0)
        repeat {
            readers.append((reader, count))
            count += try reader.next(1, of: store.replica).count
        } while count < all.count
        try store.replica.checkpoint()
        for (var reader, count) in readers {
            var found: [Event] = []
            while case let events = try reader.next(5, of: store.replica), !events.isEmpty { found += events.map(\.event) }
            #expect(found == Array(all[count...]), "seed \(seed), from \(count)")
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `dots and positions agree with the events`(seed: UInt64) throws {
        let store = try mixed(seed)
        let all = try store.events()
        for (index, event) in all.enumerated() {
            #expect(try store.replica.position(of: event.dot) == Position(UInt64(index)), "seed \(seed)")
        }
        let (from, to) = (all.count / 3, all.count / 2)
        var dots: [Dot] = []
        try store.replica.dots(from: Position(UInt64(from)), upTo: Position(UInt64(to))) { _, dot in dots.append(dot) }
        #expect(dots == all[from..<to].map(\.dot), "seed \(seed)")
        var seen = VersionVector()
        for (index, event) in all.enumerated() {
            #expect(store.replica.count(beyond: seen) == UInt64(all.count - index), "seed \(seed)")
            let first = all.firstIndex { !seen.covers($0.dot) }
            #expect(try store.replica.firstPosition(beyond: seen)?.index == first.map { UInt64($0) }, "seed \(seed)")
            seen.advance(to: event.dot)
        }
    }

    /// A store that was put back from a copy, and what the original has written since, in one record.
    private func putBack(writing: Bool = true) throws -> (store: Replica<FaultyVolume>, later: [Event]) {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let original = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 5, low: 5), name: "here", storeID: StoreID(high: 1, low: 2))
        func draft(_ record: String) throws -> Draft {
            let write = FieldWrite(field: try Name("f"), value: Store.value("1"))
            return Draft(key: try RecordKey(collection: Name("notes"), record: Name(record)), body: try .writing(set: [write]))
        }
        _ = try original.commit([draft("a")], wall: 1_000)
        let copy = FaultyVolume(volume.state)
        let later = try original.commit([draft("b"), draft("b"), draft("b")], wall: 2_000)
        let store = try Replica.open(in: "disk/store", on: copy, access: .writing)
        if writing { _ = try store.commit([draft("c")], wall: 3_000) }
        return (store, later)
    }

    @Test
    func `own events from elsewhere that a store put back cannot have written are a fork, also where their first one's name is taken`()
        throws
    {
        var (store, later) = try putBack()
        let (taken, count) = try store.takeIn(later)
        #expect(taken.forked == [store.device] && taken.refused.isEmpty && count == 0 && store.end == Position(2))
        // The page may begin behind the name that both have.
        (store, later) = try putBack()
        let behind = try store.takeIn(Array(later.dropFirst())).taken
        #expect(behind.forked == [store.device] && behind.refused.isEmpty && store.end == Position(2))
    }

    @Test func `a store that was put back takes its own events in when it has written nothing since`() throws {
        let (store, later) = try putBack(writing: false)
        let (taken, count) = try store.takeIn(later)
        #expect(taken.forked.isEmpty && taken.refused.isEmpty && count == 3 && taken.log == LocalLog(end: Position(4), ownSeq: 4))
    }
}
