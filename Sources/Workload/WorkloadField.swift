import EventCore

/// One field of workload W: its name and the kind of its values.
struct WorkloadField: Sendable {
    let name: Name
    /// Integers below 1e9, or else strings of 12 to 20 bytes.
    let isInteger: Bool

    /// The fields of the yardstick, and beyond eight of them numbered ones, in the order of their names' bytes.
    static func table(count: Int) -> [Self] {
        let names: [String] = ["title", "body", "tags", "author", "color", "status", "rank", "size"]
        return (0..<count).map { index in
            let text = index < names.count ? names[index] : "field\(index)"
            return Self(name: Name(unchecked: Array(text.utf8)), isInteger: index % 8 >= 6)
        }
        .sorted { $0.name < $1.name }
    }

    /// A value in canonical JSON.
    func value(_ random: inout SeededRandom) -> FieldValue {
        guard !isInteger else {
            return FieldValue(uncheckedCanonical: Self.decimal(random.next() % 1_000_000_000))
        }
        let length = 12 + random.below(9)
        let text = [UInt8](unsafeUninitializedCapacity: 22) { buffer, count in
            var bits: UInt64 = 0
            buffer[0] = UInt8(ascii: "\"")
            for index in 0..<length {
                if index % 10 == 0 { bits = random.next() }
                buffer[index + 1] = Self.letter(bits & 63)
                bits >>= 6
            }
            buffer[length + 1] = UInt8(ascii: "\"")
            count = length + 2
        }
        return FieldValue(uncheckedCanonical: text)
    }

    /// Sixteen lower-case hexadecimal digits.
    static func hexadecimal(_ number: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * index)) & 15
                buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            count = 16
        }
    }

    private static func decimal(_ number: UInt64) -> [UInt8] {
        var divisor: UInt64 = 1
        var digits = 1
        while number / divisor >= 10 {
            divisor *= 10
            digits += 1
        }
        return [UInt8](unsafeUninitializedCapacity: digits) { buffer, count in
            for index in 0..<digits {
                buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10)
                divisor = Swift.max(divisor / 10, 1)
            }
            count = digits
        }
    }

    /// The characters of the strings: a–z, A–Z, a space, the digits and an underscore; none needs an escape.
    private static func letter(_ index: UInt64) -> UInt8 {
        switch UInt8(truncatingIfNeeded: index) {
        case let small where small < 26: UInt8(ascii: "a") + small
        case let large where large < 52: UInt8(ascii: "A") + large - 26
        case 52: UInt8(ascii: " ")
        case let digit where digit < 63: UInt8(ascii: "0") + digit - 53
        default: UInt8(ascii: "_")
        }
    }
}
