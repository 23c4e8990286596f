import EventCore
import Simulation
import Testing

/// What mending made of a store's events is looked at, and each way to do it badly is found.
struct MendWatchTests {
    private static let (former, device, other) = (DeviceID(high: 1, low: 0), DeviceID(high: 2, low: 0), DeviceID(high: 3, low: 0))

    private static func event(
        _ device: DeviceID, _ seq: UInt64, after context: [Dot] = [], value: String, isCritical: Bool = false
    ) throws -> Event {
        try Event(
            dot: Dot(device: device, seq: seq), key: RecordKey(collection: Name("notes"), record: Name("r")),
            context: VersionVector(context),
            time: HybridTime(milliseconds: 1_000),
            body: .writing(set: [FieldWrite(field: Name("f"), value: FieldValue(uncheckedCanonical: Array(value.utf8)))]),
            isCritical: isCritical)
    }

    private let agreed: Event
    private let others: Event
    /// What only the store that is mended has: it has seen both.
    private let withdrawn: Event
    /// What its twin wrote under the same name.
    private let twins: Event
    private let old: [Event]

    init() throws {
        agreed = try Self.event(Self.former, 1, value: "1")
        others = try Self.event(Self.other, 1, after: [agreed.dot], value: "2")
        withdrawn = try Self.event(Self.former, 2, after: [agreed.dot, others.dot], value: "3")
        twins = try Self.event(Self.former, 2, after: [agreed.dot], value: "4")
        old = [agreed, others, withdrawn]
    }

    /// Looks at a log in which this takes the place of the withdrawn event.
    private func check(_ anew: Event?, without lost: Event? = nil, beside events: [Event] = []) throws -> Int {
        let new = [agreed, others, twins].filter { $0 != lost } + events + [anew].compactMap(\.self)
        return try MendWatch.check(old: old, new: new, former: Self.former, device: Self.device)
    }

    private func broken(_ anew: Event?, without lost: Event? = nil, beside events: [Event] = []) -> Promise? {
        do { _ = try check(anew, without: lost, beside: events) } catch let violation as Violation { return violation.promise } catch {}
        return nil
    }

    private func anew(after context: [Dot], value: String = "3", isCritical: Bool = false) throws -> Event {
        try Self.event(Self.device, 1, after: context, value: value, isCritical: isCritical)
    }

    @Test func `a withdrawn event that was issued anew is counted`() throws {
        let good = try anew(after: [agreed.dot, others.dot])
        #expect(try check(good) == 1)
        // Nothing was withdrawn of a log that all agree on.
        #expect(try MendWatch.check(old: [agreed, others], new: [agreed, others], former: Self.former, device: Self.device) == 0)
    }

    @Test func `an event that is lost is found, the store's own and another's`() throws {
        let good = try anew(after: [agreed.dot, others.dot])
        #expect(broken(nil) == .acknowledgedIsPresent)
        #expect(broken(good, without: others) == .acknowledgedIsPresent)
        let second = try Self.event(Self.device, 2, after: [agreed.dot, others.dot, good.dot], value: "3")
        #expect(broken(good, beside: [second]) == .acknowledgedIsPresent)
    }

    @Test func `an event that became another one is found`() throws {
        #expect(broken(try anew(after: [agreed.dot, others.dot], value: "4")) == .acknowledgedIsPresent)
        #expect(broken(try anew(after: [agreed.dot, others.dot], isCritical: true)) == .acknowledgedIsPresent)
    }

    @Test func `an event that has seen less or more than before is found`() throws {
        #expect(broken(try anew(after: [agreed.dot])) == .causalOrder)
        #expect(broken(try anew(after: [others.dot])) == .causalOrder)
        #expect(broken(try anew(after: [twins.dot, others.dot])) == .causalOrder)
    }

    @Test func `what others had seen of the twin stays seen`() throws {
        let seeing = try Self.event(Self.other, 1, after: [twins.dot], value: "2")
        let lone = try Self.event(Self.former, 2, after: [agreed.dot, seeing.dot], value: "3")
        let anew = try anew(after: [twins.dot, seeing.dot])
        let count = try MendWatch.check(
            old: [agreed, seeing, lone], new: [agreed, twins, seeing, anew], former: Self.former, device: Self.device)
        #expect(count == 1)
    }
}
