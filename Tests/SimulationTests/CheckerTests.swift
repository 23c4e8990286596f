import EventCore
import Simulation
import SyncCore
import Testing

/// Each checker finds what is planted for it, and finds nothing where all is well.
struct CheckerTests {
    private static let (a, b, c) = (DeviceID(high: 1, low: 0), DeviceID(high: 2, low: 0), DeviceID(high: 3, low: 0))

    private static func event(
        _ device: DeviceID, _ seq: UInt64, after context: [Dot] = [], value: String = "1", isCritical: Bool = false
    ) throws -> Event {
        try Event(
            dot: Dot(device: device, seq: seq), key: RecordKey(collection: Name("notes"), record: Name("r")),
            context: VersionVector(context), time: HybridTime(milliseconds: 1_000 + seq),
            body: .writing(set: [FieldWrite(field: Name("f"), value: FieldValue(uncheckedCanonical: Array(value.utf8)))]),
            isCritical: isCritical)
    }

    /// Events a:1, b:1 after it, a:2 after both.
    private static func history() throws -> (events: [Event], dots: [Dot], registry: Registry) {
        let first = try event(a, 1)
        let second = try event(b, 1, after: [first.dot])
        let events = [first, second, try event(a, 2, after: [first.dot, second.dot])]
        var registry = Registry()
        for event in events { try registry.see(event, at: "here") }
        return (events, events.map(\.dot), registry)
    }

    private static func broken(_ promise: Promise, _ body: () throws -> Void) -> Bool {
        do { try body() } catch let violation as Violation { return violation.promise == promise } catch { return false }
        return false
    }

    private static func ledger(_ dots: [Dot], _ registry: Registry) throws -> Ledger {
        var ledger = Ledger("here")
        try ledger.append(dots, registry)
        ledger.acknowledge()
        return ledger
    }

    @Test func `an event that was acknowledged and is gone is found, one that was not may go`() throws {
        let (_, dots, registry) = try Self.history()
        var ledger = try Self.ledger(dots, registry)
        #expect(Self.broken(.acknowledgedIsPresent) { try ledger.recover(Array(dots.prefix(2)), waiting: [], registry) })
        ledger = try Self.ledger(Array(dots.prefix(2)), registry)
        try ledger.append([dots[2]], registry)
        try ledger.recover(Array(dots.prefix(2)), waiting: [], registry)
        #expect(ledger.order == Array(dots.prefix(2)) && !ledger.has(dots[2]) && ledger.has(dots[0]))
        try ledger.append([dots[2]], registry)
        #expect(ledger.count == 3)
    }

    @Test func `an acknowledged event that waited and is gone is found`() throws {
        let (_, dots, registry) = try Self.history()
        var ledger = try Self.ledger([dots[0]], registry)
        ledger.wait([dots[2]])
        #expect(ledger.holds(dots[2]))
        try ledger.recover([dots[0]], waiting: [dots[2]], registry)
        #expect(Self.broken(.acknowledgedIsPresent) { try ledger.recover([dots[0]], waiting: [], registry) })
        ledger = try Self.ledger([dots[0]], registry)
        ledger.wait([dots[2]])
        // It may have been taken in instead.
        try ledger.recover(dots, waiting: [], registry)
    }

    @Test func `another order and an invented event are found after an opening`() throws {
        let (_, dots, registry) = try Self.history()
        let other = try Self.event(Self.c, 1)
        var registryOfTwo = registry
        try registryOfTwo.see(other, at: "there")
        var ledger = try Self.ledger(dots, registryOfTwo)
        #expect(Self.broken(.recoveredIsPrefix) { try ledger.recover([dots[0], other.dot, dots[1], dots[2]], waiting: [], registryOfTwo) })
        ledger = try Self.ledger(dots, registry)
        #expect(Self.broken(.recoveredIsPrefix) { try ledger.recover(dots + [other.dot], waiting: [], registry) })
        var unwritten = registry
        #expect(Self.broken(.recoveredIsPrefix) { try unwritten.recognize(other, at: "here") })
    }

    @Test func `an effect before its cause and a gap in a device's events are found`() throws {
        let (_, dots, registry) = try Self.history()
        #expect(Self.broken(.causalOrder) { _ = try Self.ledger([dots[1]], registry) })
        #expect(Self.broken(.causalOrder) { _ = try Self.ledger([dots[0], dots[2]], registry) })
        #expect(Self.broken(.causalOrder) { _ = try Self.ledger([dots[2]], registry) })
    }

    @Test func `two texts of one name are found, but where a device has a twin`() throws {
        var (_, _, registry) = try Self.history()
        let other = try Self.event(Self.a, 1, value: "2")
        #expect(Self.broken(.oneEventPerDot) { try registry.see(other, at: "there") })
        registry.allowForks(of: Self.a)
        try registry.see(other, at: "there")
        try registry.recognize(other, at: "there")
        var states = StateWatch()
        #expect(Self.broken(.oneEventPerDot) { try states.add(.init(events: [other, other], dump: []), at: "here") })
    }

    @Test func `stores with the same events that show something else are found`() throws {
        let (events, _, _) = try Self.history()
        var states = StateWatch()
        try states.add(.init(events: events, dump: [1]), at: "here")
        try states.add(.init(events: events.reversed(), dump: [1]), at: "there")
        try states.add(.init(events: Array(events.dropLast()), dump: [2]), at: "elsewhere")
        #expect(Self.broken(.equalEventsEqualState) { try states.add(.init(events: events, dump: [3]), at: "nowhere") })
    }

    @Test func `two masters of an epoch, two at once and an epoch that is over are found`() throws {
        var leases = LeaseWatch()
        try leases.look([(Self.a, 1)])
        try leases.look([])
        try leases.look([(Self.b, 2)])
        #expect(leases.epoch == 2)
        var (copy, other) = (leases, leases)
        #expect(Self.broken(.oneMaster) { try copy.look([(Self.a, 2)]) })
        #expect(Self.broken(.neverBack) { try other.look([(Self.a, 1)]) })
        #expect(Self.broken(.oneMaster) { try leases.look([(Self.b, 2), (Self.a, 3)]) })
    }

    @Test func `behind a hub that was put back an epoch may come twice, until the hub has learned of it`() throws {
        var leases = LeaseWatch()
        try leases.granted(1, to: Self.a)
        try leases.look([(Self.a, 1)])
        try leases.granted(2, to: Self.b)
        try leases.look([(Self.b, 2)])
        leases.forget(after: 1)
        // Who led does not know it yet.
        try leases.granted(2, to: Self.a)
        try leases.look([(Self.b, 2), (Self.a, 2)])
        #expect(leases.grantedTwice == [2])
        var (copy, other) = (leases, leases)
        #expect(Self.broken(.oneMaster) { try copy.look([(Self.a, 2), (Self.c, 3)]) })
        try leases.granted(3, to: Self.c)
        try leases.look([(Self.c, 3)])
        #expect(Self.broken(.neverBack) { try leases.look([(Self.a, 2)]) })
        other.passedOver()
        #expect(Self.broken(.oneMaster) { try other.granted(1, to: Self.b) })
        try other.granted(1, to: Self.a)
    }

    @Test func `a cursor that goes back, is given up, or is ahead of the store is found`() throws {
        let (_, dots, _) = try Self.history()
        func cursor(_ position: UInt64) -> [UInt8] {
            Cursor(log: LogID(high: 1, low: 1), position: Position(position), digest: .zero).bytes
        }
        func watch(_ seen: UInt64) throws -> CursorWatch {
            var watch = CursorWatch("here")
            try watch.saved(cursor(seen), mayGoBack: false, order: dots) { _ in true }
            return watch
        }
        var one = try watch(2)
        try one.saved(cursor(3), mayGoBack: false, order: dots) { _ in true }
        #expect(Self.broken(.neverBack) { try one.saved(cursor(2), mayGoBack: false, order: dots) { _ in true } })
        var two = try watch(2)
        try two.saved(cursor(1), mayGoBack: true, order: dots) { _ in true }
        try two.saved(nil, mayGoBack: true, order: dots) { _ in true }
        var three = try watch(2)
        #expect(Self.broken(.neverBack) { try three.saved(nil, mayGoBack: false, order: dots) { _ in true } })
        var four = try watch(2)
        #expect(Self.broken(.neverBack) { try four.saved(cursor(3), mayGoBack: false, order: dots) { $0 != dots[2] } })
        #expect(Self.broken(.neverBack) { try four.saved([1], mayGoBack: false, order: dots) { _ in true } })
    }

    @Test func `own times that go back, and those pulled far into the future, are found`() throws {
        let wall: UInt64 = 1_700_000_000_000
        var clock = ClockWatch("here")
        try clock.wrote(HybridTime(milliseconds: wall), wall: wall)
        try clock.wrote(HybridTime(milliseconds: wall, tick: 1), wall: wall - 50_000_000_000)
        var copy = clock
        #expect(Self.broken(.neverBack) { try copy.wrote(HybridTime(milliseconds: wall, tick: 1), wall: wall) })
        #expect(Self.broken(.neverBack) { try clock.wrote(HybridTime(milliseconds: wall + 90_000_000), wall: wall) })
    }

    @Test func `a critical event that was never sent to somebody is found`() throws {
        var critical = CriticalWatch()
        let dot = Dot(device: Self.a, seq: 1)
        critical.accepted(dot, owedTo: [Self.b, Self.c])
        let (first, second) = (critical.sent(dot, to: Self.b), critical.sent(dot, to: Self.b))
        #expect(!first && second)
        #expect(Self.broken(.criticalEverywhere) { try critical.check(without: [], at: "hub") })
        try critical.check(without: [Self.c], at: "hub")
        _ = critical.sent(dot, to: Self.c)
        try critical.check(without: [], at: "hub")
        critical.accepted(Dot(device: Self.a, seq: 2), owedTo: [Self.b])
        critical.forget()
        try critical.check(without: [], at: "hub")
    }
}
