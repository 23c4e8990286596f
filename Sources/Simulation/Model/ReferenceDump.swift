internal import EventCore

/// The canonical dump as the model writes it, with a JSON writer of its own.
extension ReferenceModel {
    /// All lines, sorted by collection bytes, then record bytes.
    package var canonicalDump: [UInt8] {
        keys.sorted { left, right in
            let (a, b) = (left.collection.utf8, right.collection.utf8)
            return a == b ? left.record.utf8.lexicographicallyPrecedes(right.record.utf8) : a.lexicographicallyPrecedes(b)
        }.flatMap { record($0).canonicalLine }
    }
}

extension ReferenceRecord {
    /// The record's line, its \n included.
    package var canonicalLine: [UInt8] {
        var conflicts: [([UInt8], [UInt8])] = []
        if isDeleteAgainstEdit { conflicts.append(([], Self.array(Self.sorted(tombstones).map { Self.entry($0, nil) }))) }
        for field in contested {
            let entries = Self.sorted((fields[field] ?? []).map(\.dot)).compactMap { dot in fields[field]?.first { $0.dot == dot } }
            conflicts.append((field.utf8, Self.array(entries.map { Self.entry($0.dot, $0.value) })))
        }
        let shown = fields.keys.compactMap { field in self.shown(field).map { (field.utf8, $0.canonical) } }
        let members: [([UInt8], [UInt8])] = [
            (Array("collection".utf8), Self.string(key.collection.utf8)), (Array("record".utf8), Self.string(key.record.utf8)),
            (Array("fields".utf8), Self.object(shown)), (Array("deleted".utf8), Array((isDeleted ? "true" : "false").utf8)),
            (Array("clock".utf8), Self.object(clock.map { (Array($0.key.description.utf8), Array(String($0.value).utf8)) })),
            (Array("heads".utf8), Self.array(Self.sorted(heads).map { Self.string(Array($0.description.utf8)) })),
            (Array("conflicts".utf8), Self.object(conflicts)),
        ]
        return Self.object(members) + [0x0A]
    }

    private static func sorted(_ dots: some Collection<Dot>) -> [Dot] {
        dots.sorted { ($0.device.high, $0.device.low, $0.seq) < ($1.device.high, $1.device.low, $1.seq) }
    }

    private static func entry(_ dot: Dot, _ value: FieldValue?) -> [UInt8] {
        let name = (Array("dot".utf8), string(Array(dot.description.utf8)))
        guard let value else { return object([name, (Array("removed".utf8), Array("true".utf8))]) }
        return object([name, (Array("value".utf8), value.canonical)])
    }

    private static func object(_ members: [([UInt8], [UInt8])]) -> [UInt8] {
        let sorted = members.sorted { utf16($0.0).lexicographicallyPrecedes(utf16($1.0)) }
        return [UInt8(ascii: "{")] + Array(sorted.map { string($0.0) + [UInt8(ascii: ":")] + $0.1 }.joined(separator: [UInt8(ascii: ",")]))
            + [UInt8(ascii: "}")]
    }

    private static func array(_ items: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(items.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
    }

    private static func utf16(_ utf8: [UInt8]) -> [UInt16] { Array(String(decoding: utf8, as: UTF8.self).utf16) }

    private static func string(_ utf8: [UInt8]) -> [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "\"")]
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 8: text += Array("\\b".utf8)
            case 9: text += Array("\\t".utf8)
            case 10: text += Array("\\n".utf8)
            case 12: text += Array("\\f".utf8)
            case 13: text += Array("\\r".utf8)
            case ..<32: text += Array(("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
            default: text.append(byte)
            }
        }
        return text + [UInt8(ascii: "\"")]
    }
}
