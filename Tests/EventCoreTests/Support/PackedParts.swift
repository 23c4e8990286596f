import EventCore

/// A packed block written down part by part, so that each can be wrong by itself. Layout: EventFormat.md, "Packed block".
///
/// As it comes, it is whole: three events of one device on one record, each writing two fields; the first has a note, a tick and an event that it undoes, the second one head, the third a
/// whole context.
struct PackedParts {
    enum Section: Int, CaseIterable {
        case keys, flags, authors, keyIndexes, heads, contexts, seqs, shapes, shapeIndexes, values, valueIndexes, times, extras, notes
    }

    static let device = DeviceID(high: 1, low: 2)

    /// Collection 0, and others that nobody's record is of.
    var collections = ["notes"]
    /// How many distinct values the directory announces.
    var valueCount = 1
    /// The seq before the device's first.
    var base: UInt64 = 0
    var latestTime = UInt64(3) << 16
    var sections: [Section: [UInt8]] = [
        // Collection 0, one byte of id that is not hexadecimal.
        .keys: [0, 1 << 1, UInt8(ascii: "r")],
        .flags: [1 << 2, 1 << 4, 3 << 4],
        .authors: [0, 0, 0], .keyIndexes: [0, 0, 0],
        // Device 0, no way from its newest event.
        .heads: [0, 0], .contexts: [1, 0, 0],
        // Collection 0, two fields.
        .shapes: [0, 2, 0, 1], .shapeIndexes: [0, 0, 0],
        // The integer 7.
        .values: [2 << 5 | 1, 7], .valueIndexes: [0, 0, 0, 0, 0, 0],
        .times: [2, 2, 2],
        // Note, undone event and tick: note 0, device 0, seq 1, tick 5.
        .extras: [1 | 4 | 16, 0, 0, 1, 5], .notes: [1, UInt8(ascii: "n")],
    ]
    /// Sections that are said to be compressed, and how long they are said to be.
    var claimedBytes: [Section: Int] = [:]

    private var names: [UInt8] {
        var bytes: [UInt8] = [1] + Self.device.bytes
        bytes.appendVarint(base)
        bytes.append(3)
        bytes.append(UInt8(collections.count))
        for name in collections { bytes += [UInt8(name.utf8.count)] + name.utf8 }
        return bytes + [2, 1, UInt8(ascii: "a"), 1, UInt8(ascii: "b")]
    }

    private var directory: [UInt8] {
        var bytes: [UInt8] = [1, 1]
        bytes.appendVarint(valueCount)
        bytes += [1, 1]
        bytes.appendVarint(latestTime)
        for section in Section.allCases {
            let stored = sections[section, default: []].count
            bytes.appendVarint((claimedBytes[section] ?? stored) << 1 | (claimedBytes[section] == nil ? 0 : 1))
            if claimedBytes[section] != nil { bytes.appendVarint(stored) }
        }
        return bytes
    }

    /// Where the directory's sizes are said to be wrong.
    var sizesOffset: Int {
        var counts: [UInt8] = [1, 1]
        counts.appendVarint(valueCount)
        return BlockHeader.sizeBytes + names.count + counts.count + 1
    }

    /// Where a section lies in the block: what an error names.
    func offset(of section: Section) -> Int {
        let before = Section.allCases.prefix(section.rawValue).reduce(0) { $0 + sections[$1, default: []].count }
        return BlockHeader.sizeBytes + names.count + directory.count + before
    }

    /// The block, with a right checksum.
    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes) + names + directory
        for section in Section.allCases { block += sections[section, default: []] }
        BlockHeader.seal(&block, kind: .events, encoding: .packed, count: 3)
        return block
    }
}
