package import EventCore
internal import Workload

/// What a few devices write that meet now and then: few records and fields, so that much is concurrent.
///
/// Every event is one that an honest store can have written: contexts are closed, seqs go on without a gap.
package struct RandomHistory {
    /// What may differ.
    package struct Options: Sendable {
        package var devices = 4
        package var records = 3
        package var fields = 3
        package var events = 60
        /// Whether a step in three is a meeting of two devices; otherwise one in twelve is, and nearly everything is concurrent.
        package var meetsOften = true
        /// Whether a device meets all others at once, as at a hub, so that contexts soon name every device that has written; otherwise one.
        package var meetsEveryone = false

        package init(
            devices: Int = 4, records: Int = 3, fields: Int = 3, events: Int = 60, meetsOften: Bool = true, meetsEveryone: Bool = false
        ) {
            self.devices = devices
            self.records = records
            self.fields = fields
            self.events = events
            self.meetsOften = meetsOften
            self.meetsEveryone = meetsEveryone
        }
    }

    /// In an order that is causal.
    package private(set) var events: [Event] = []

    private let devices: [DeviceID]
    private var known: [Set<Int>]
    private var seqs: [UInt64]
    private var milliseconds: [UInt64]
    private var random: SeededRandom
    private let keys: [RecordKey]
    private let fields: [Name]
    private let meetings: Int
    private let meetsEveryone: Bool

    package init(seed: UInt64, options: Options = Options()) throws(EventError) {
        var random = SeededRandom(seed: seed)
        devices = (0..<options.devices).map { _ in DeviceID(high: random.next(), low: random.next()) }
        known = devices.map { _ in [] }
        seqs = devices.map { _ in 0 }
        milliseconds = devices.map { _ in 1_000_000 + random.next() % 1000 }
        meetings = options.meetsOften ? 4 : 1
        meetsEveryone = options.meetsEveryone
        // Two spellings of one letter, names that UTF-16 and UTF-8 order differently, control characters, the longest name.
        let odd = [
            "caf\u{E9}", "cafe\u{301}", "\u{FF5E}", "\u{1F600}", "a/b", "quote\"d", "line\nbreak\u{1}", String(repeating: "z", count: 255),
        ]
        keys = try (0..<options.records).map { (index) throws(EventError) in
            try RecordKey(collection: Name(index % 3 == 2 ? "other" : "notes"), record: Name(index < odd.count ? odd[index] : "r\(index)"))
        }
        fields = try (0..<options.fields).map { (index) throws(EventError) in try Name(index < odd.count ? odd[index] : "f\(index)") }
        self.random = random
        while events.count < options.events { try step() }
    }

    /// The same events in another causal order.
    package func shuffledCausally(seed: UInt64) -> [Event] {
        var random = SeededRandom(seed: seed)
        var rest = events
        var seen: [DeviceID: UInt64] = [:]
        var order: [Event] = []
        while !rest.isEmpty {
            let ready = rest.indices.filter { index in
                let event = rest[index]
                return (seen[event.dot.device] ?? 0) + 1 == event.dot.seq
                    && event.context.entries.allSatisfy { (seen[$0.device] ?? 0) >= $0.seq }
            }
            let event = rest.remove(at: ready[random.below(ready.count)])
            seen[event.dot.device] = event.dot.seq
            order.append(event)
        }
        return order
    }

    /// The same events in any order at all.
    package func shuffled(seed: UInt64) -> [Event] {
        var random = SeededRandom(seed: seed)
        return events.shuffled(using: &random)
    }

    private mutating func step() throws(EventError) {
        let device = random.below(devices.count)
        guard !random.chance(meetings, in: 12) else {
            // The other's events up to some point, in the order in which they were written: causes are never missing.
            let limit = random.chance(1, in: 2) ? events.count : random.below(events.count + 1)
            let others = meetsEveryone ? Set(events.indices) : known[random.below(devices.count)]
            known[device].formUnion(others.filter { $0 < limit })
            return
        }
        let key = keys[random.below(keys.count)]
        let context = context(of: key, seenBy: device)
        // Several values undone at once: as many events with one context.
        let copies = random.chance(1, in: 12) ? 2 + random.below(2) : 1
        for _ in 0..<copies { try write(device, key, context, isUndo: copies > 1) }
    }

    private mutating func write(_ device: Int, _ key: RecordKey, _ context: VersionVector, isUndo: Bool) throws(EventError) {
        seqs[device] += 1
        // Real clocks go back, agree with each other now and then, and are wrong by centuries.
        milliseconds[device] = milliseconds[device] &+ random.next() % 50 &- (random.chance(1, in: 10) ? 200 : 0)
        let wall = random.chance(1, in: 4) ? 1_000_500 : random.chance(1, in: 40) ? Limits.timeMilliseconds - 1 : milliseconds[device]
        let event = try Event(
            dot: Dot(device: devices[device], seq: seqs[device]), key: key, context: context,
            time: HybridTime(milliseconds: wall, tick: random.chance(1, in: 5) ? [0, 1, 2, .max][random.below(4)] : 0),
            body: try body(),
            kind: isUndo ? .undo : [.edit, .edit, .resolve, .import][random.below(4)],
            undoes: isUndo ? context.entries.first : nil, epoch: random.chance(1, in: 9) ? 3 : 0,
            note: random.chance(1, in: 6) ? try Note("because \(seqs[device])") : nil, isCritical: random.chance(1, in: 9))
        known[device].insert(events.count)
        events.append(event)
    }

    /// The record's clock as the device sees it.
    private func context(of key: RecordKey, seenBy device: Int) -> VersionVector {
        var clock: [DeviceID: UInt64] = [:]
        for event in known[device].map({ events[$0] }) where event.key == key {
            for entry in event.context.entries + [event.dot] { clock[entry.device] = max(clock[entry.device] ?? 0, entry.seq) }
        }
        return VersionVector(clock.map { Dot(device: $0.key, seq: $0.value) })
    }

    private mutating func body() throws(EventError) -> EventBody {
        if random.chance(1, in: 8) { return .delete }
        var set: [FieldWrite] = []
        var unset: [Name] = []
        for field in fields where random.chance(1, in: 2) {
            if random.chance(1, in: 5) { unset.append(field) } else { set.append(FieldWrite(field: field, value: value())) }
        }
        if set.isEmpty && unset.isEmpty { set.append(FieldWrite(field: fields[0], value: value())) }
        return try .writing(set: set, unset: unset)
    }

    /// Few different values, so that sides sometimes agree; short, long, and at the edges.
    private mutating func value() -> FieldValue {
        let text =
            switch random.below(10) {
            case 0: "null"
            case 1: random.chance(1, in: 2) ? "true" : "false"
            case 2: ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "0"][random.below(4)]
            case 3: ["1.5", "1e+21", "-0.001"][random.below(3)]
            case 4: ["{\"a\":[1,{\"b\":null}]}", "[]", "{}", "\"\"", "\"caf\u{E9}\\n\\u0001\\\\\""][random.below(5)]
            case 5: "\"\(String(repeating: "long ", count: 4 + random.below(60)))\""
            case 6: "\"\(String(repeating: "x", count: 17 + random.below(16)))\""
            case 7: random.chance(1, in: 4) ? "\"\(String(repeating: "page ", count: 820 + random.below(900)))\"" : "\"page\""
            default: "\"\(["red", "blue"][random.below(2)])\""
            }
        return FieldValue(uncheckedCanonical: Array(text.utf8))
    }
}
