import EventCore
import Workload

/// Writes a value as nobody should but everybody may: random white space, escapes, order of members, and forms of numbers.
struct SpelledJSON {
    private(set) var text = ""
    private var random: SeededRandom

    init(_ value: JSONValue, seed: UInt64) {
        random = SeededRandom(seed: seed)
        space()
        write(value)
        space()
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: text += "null"
        case .boolean(let boolean): text += boolean ? "true" : "false"
        case .integer(let integer): write(integer)
        case .unsigned(let integer): text += String(integer)
        case .double(let number): text += random.chance(1, in: 2) ? number.description : number.description.uppercased()
        case .string(let utf8): write(utf8)
        case .array(let items):
            text += "["
            space()
            for index in items.indices {
                if index > 0 { comma() }
                write(items[index])
            }
            space()
            text += "]"
        case .object(let members):
            text += "{"
            space()
            for (index, member) in (random.chance(1, in: 3) ? members : members.shuffled(using: &random)).enumerated() {
                if index > 0 { comma() }
                write(member.key)
                space()
                text += ":"
                space()
                write(member.value)
            }
            space()
            text += "}"
        }
    }

    private mutating func write(_ integer: Int64) {
        // A fraction or an exponent makes a double of it, which is the same number only below 2^53.
        if integer.magnitude < 1 << 53 && random.chance(1, in: 3) {
            text += random.chance(1, in: 2) ? "\(integer).0" : integer == 0 ? "0e-1" : "\(integer)0e-1"
        } else {
            text += integer == 0 && random.chance(1, in: 2) ? "-0" : String(integer)
        }
    }

    private mutating func write(_ utf8: [UInt8]) {
        text += "\""
        for scalar in String(decoding: utf8, as: UTF8.self).unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if !mustEscape && random.chance(3, in: 4) {
                text.unicodeScalars.append(scalar)
            } else if let letter = Self.letters[scalar], random.chance(1, in: 2) {
                text += "\\\(letter)"
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.chance(1, in: 2))
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        text += "\""
    }

    private static let letters: [Unicode.Scalar: String] = [
        "\u{08}": "b", "\t": "t", "\n": "n", "\u{0C}": "f", "\r": "r", "\"": "\"", "\\": "\\", "/": "/",
    ]

    private mutating func comma() {
        space()
        text += ","
        space()
    }

    private mutating func space() {
        guard random.chance(1, in: 4) else { return }
        for _ in 0...random.below(2) { text += [" ", "\t", "\n", "\r"][random.below(4)] }
    }
}
