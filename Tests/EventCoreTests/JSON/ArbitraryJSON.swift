import EventCore
import Workload

/// Random values and events, and random spellings of them.
enum ArbitraryJSON {
    /// Seeds of the runs that every test of a law makes.
    static let seeds: [UInt64] = Array(1...8)

    static func value(_ random: inout SeededRandom, depth: Int = 3) -> JSONValue {
        switch random.below(depth > 0 ? 9 : 7) {
        case 0: .null
        case 1: .boolean(random.chance(1, in: 2))
        case 2: .integer(integer(&random))
        case 3: .unsigned(UInt64.max - UInt64(random.below(3)))
        case 4: .double(double(&random))
        case 5, 6: .string(text(&random))
        case 7: .array((0..<random.below(5)).map { _ in value(&random, depth: depth - 1) })
        default: .object(members(&random, depth: depth - 1))
        }
    }

    /// Members in canonical order, up to 40, so that both sides of every threshold of a sort are met.
    static func members(_ random: inout SeededRandom, depth: Int) -> [JSONValue.Member] {
        let count = random.chance(1, in: 12) ? 40 : random.below(6)
        let keys = Set((0..<count).map { _ in text(&random) })
        let sorted = keys.sorted {
            String(decoding: $0, as: UTF8.self).utf16.lexicographicallyPrecedes(String(decoding: $1, as: UTF8.self).utf16)
        }
        return sorted.map { JSONValue.Member(key: $0, value: value(&random, depth: depth)) }
    }

    static func integer(_ random: inout SeededRandom) -> Int64 {
        [0, 1, -1, .max, .min, .max - 1, Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(64))][random.below(7)]
    }

    /// A finite double whose canonical form is no integer of 64 bits.
    static func double(_ random: inout SeededRandom) -> Double {
        while true {
            let number = random.chance(1, in: 2) ? Double(bitPattern: random.next()) : Double(random.below(2_000_000) - 1_000_000) / 1000
            if number.isFinite && number != number.rounded() { return number }
        }
    }

    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "Z", "0", " ", "/", "\"", "\\", "\u{00}", "\u{08}", "\t", "\n", "\u{0B}", "\u{0C}", "\r", "\u{1F}", "\u{7F}", "\u{80}",
        "é", "\u{301}", "\u{7FF}", "\u{800}", "\u{2028}", "€", "\u{D7FF}", "\u{E000}", "\u{FB33}", "\u{FEFF}", "\u{FFFF}", "\u{10000}", "😀",
        "\u{10FFFF}",
    ]

    static func text(_ random: inout SeededRandom, atLeast least: Int = 0) -> [UInt8] {
        var text = ""
        let (count, isPlain) = (least + random.below(random.chance(1, in: 8) ? 30 : 6), random.chance(1, in: 2))
        for _ in 0..<count { text.unicodeScalars.append(isPlain ? "e" : scalars[random.below(scalars.count)]) }
        return Array(text.utf8)
    }

    static func name(_ random: inout SeededRandom) throws -> Name { try Name(utf8: text(&random, atLeast: 1)) }

    static func device(_ random: inout SeededRandom) -> DeviceID {
        DeviceID(high: random.next() >> UInt64(random.below(64)), low: random.next())
    }

    static func event(_ random: inout SeededRandom) throws -> Event {
        let dot = Dot(device: device(&random), seq: UInt64(random.below(1000)) + 1)
        var context = VersionVector((0..<random.below(5)).map { _ in Dot(device: device(&random), seq: random.next() >> 1 | 1) })
        if dot.seq > 1 && random.chance(1, in: 2) { context.advance(to: Dot(device: dot.device, seq: dot.seq - 1)) }
        let kind = EventKind.allCases[random.below(4)]
        return try Event(
            dot: dot, key: RecordKey(collection: name(&random), record: name(&random)), context: context,
            time: HybridTime(milliseconds: random.next() >> 16, tick: UInt16(random.below(3))), body: body(&random), kind: kind,
            undoes: kind == .undo ? Dot(device: device(&random), seq: UInt64(random.below(9)) + 1) : nil, epoch: UInt64(random.below(3)),
            note: random.chance(1, in: 2) ? Note(utf8: text(&random)) : nil, isCritical: random.chance(1, in: 4))
    }

    private static func body(_ random: inout SeededRandom) throws -> EventBody {
        if random.chance(1, in: 5) { return .delete }
        let fields = try Set((0...random.below(6)).map { _ in try name(&random) }).sorted()
        let setCount = random.below(fields.count + 1)
        return try .writing(
            set: fields[..<setCount].map { FieldWrite(field: $0, value: value(&random).canonical) }, unset: Array(fields[setCount...]))
    }
}
