import EventCore
import Workload

/// Events that exercise every part of a row, valid one by one; not a causal history.
struct ArbitraryEvents {
    private var random: SeededRandom
    private let devices: [DeviceID]
    private var seqs: [UInt64]

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        devices = (0..<5).map { _ in DeviceID(high: random.next(), low: random.next()) }
        seqs = devices.map { _ in 0 }
        self.random = random
    }

    mutating func next() throws -> Event {
        let author = random.below(devices.count)
        seqs[author] += random.chance(1, in: 8) ? UInt64(1 + random.below(1000)) : 1
        let kind = EventKind.allCases[random.below(4)]
        return try Event(
            dot: Dot(device: devices[author], seq: seqs[author]),
            key: RecordKey(collection: name(2), record: name(20)), context: context(below: seqs[author], of: author),
            time: HybridTime(
                milliseconds: random.next() >> UInt64(16 + random.below(40)),
                tick: random.chance(1, in: 3) ? UInt16(random.below(65536)) : 0),
            body: body(), kind: kind,
            undoes: kind == .undo ? Dot(device: devices[random.below(5)], seq: random.next() >> 1 | 1) : nil,
            epoch: random.chance(1, in: 4) ? random.next() >> 1 : 0,
            note: random.chance(1, in: 3) ? Note(String(repeating: "é", count: random.below(500))) : nil,
            isCritical: random.chance(1, in: 5))
    }

    /// Canonical values of every type of code and length.
    mutating func value() -> FieldValue {
        let text: String
        switch random.below(8) {
        case 0: text = ["null", "true", "false", "0", "-1", "1.5", "1e+21", "[]", "{}"][random.below(9)]
        case 1: text = "\(Int64(bitPattern: random.next()) >> Int64(random.below(64)))"
        case 2: text = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615"][random.below(4)]
        case 3: text = "\"\(String(repeating: "x", count: random.below(300)))\""
        case 4: text = #""a\"b\\c""#
        case 5: text = "[" + String(repeating: "1,", count: random.below(40)) + "2]"
        default: text = "\"\(String(repeating: "ß", count: random.below(16)))\""
        }
        return FieldValue(uncheckedCanonical: Array(text.utf8))
    }

    private mutating func body() throws -> EventBody {
        if random.chance(1, in: 6) { return .delete }
        let fields = try (0..<(1 + random.below(6))).map { try Name("field\($0)") }
        let unset = random.below(fields.count + 1)
        return try .writing(set: fields[unset...].map { FieldWrite(field: $0, value: value()) }, unset: Array(fields[..<unset]))
    }

    private mutating func context(below seq: UInt64, of author: Int) -> VersionVector {
        VersionVector(
            (0..<random.below(6)).map { index in
                let device = index % devices.count
                let limit = device == author ? seq - 1 : UInt64(Int64.max)
                return Dot(device: devices[device], seq: limit == 0 ? 0 : random.next() % limit + (device == author ? 0 : 1))
            })
    }

    private mutating func name(_ variety: Int) throws -> Name {
        try Name(String(repeating: "n", count: 1 + random.below(12)) + "\(random.below(variety))")
    }
}
