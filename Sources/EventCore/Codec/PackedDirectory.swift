/// The parts of a packed block behind its names. Layout: EventFormat.md, "Packed block".
enum PackedSection: Int, CaseIterable {
    /// The records of the block, each once.
    case keys
    case flags, authors, keyIndexes, heads, contexts, seqs
    /// The sets of fields that events of a collection write, each once; the empty set is a delete.
    case shapes
    case shapeIndexes
    /// The values in the order in which they are written, or each once.
    case values
    case valueIndexes
    /// From here on nothing that the fold needs.
    case times
    case extras, notes

    /// Made once: `allCases` makes an array each time.
    static let inOrder = allCases
}

/// What an event's byte in the column of flags says.
enum PackedFlags {
    static let kindMask: UInt8 = 3
    static let extras: UInt8 = 1 << 2
    static let explicitSeq: UInt8 = 1 << 3
    static let formShift: UInt8 = 4
    static let formMask: UInt8 = 7
    static let reserved: UInt8 = 1 << 7

    /// Besides the forms of `RowFlags`: the record's event before this one in the block is its only head.
    static let previousForm: UInt8 = 4
}

/// What the byte before an event's extras in a packed block says, besides `BlockBuilder.ExtraFlags`.
enum PackedExtraFlags {
    static let tick: UInt8 = 16
    static let all: UInt8 = 31
}

/// How many there are of what, and where each section lies.
struct PackedDirectory {
    /// Where a section lies in the block.
    struct Extent {
        var offset = 0
        var storedBytes = 0
        /// Bytes once it is expanded; the same as `storedBytes` when it is not compressed.
        var rawBytes = 0
        var isCompressed = false
    }

    /// No block's sections are longer together, expanded.
    static let rawLimitBytes = 4 * 1024 * 1024

    private(set) var keyCount = 0
    private(set) var shapeCount = 0
    /// Distinct values; 0 when the values stand in the order in which they are written.
    private(set) var valueCount = 0
    private(set) var noteCount = 0
    /// Bytes of a head's distance from its device's running seq.
    private(set) var headBytes = 0
    /// The latest time of the block's events, as `HybridTime.packed`.
    private(set) var latestTime: UInt64 = 0
    private var extents = InlineArray<14, Extent>(repeating: Extent())

    /// Reads the directory at the cursor and moves on to the block's end.
    ///
    /// - Throws: `.malformed` when a count or a size does not fit the block.
    init(_ cursor: inout ByteCursor, eventCount: Int, deviceCount: Int) throws(BlockError) {
        keyCount = try Self.count(&cursor)
        shapeCount = try Self.count(&cursor)
        valueCount = try Self.count(&cursor)
        noteCount = try Self.count(&cursor)
        let start = cursor.offset
        headBytes = Int(try cursor.byte())
        latestTime = try cursor.varint()
        guard headBytes <= 8, latestTime >> 16 < Limits.timeMilliseconds else { throw .malformed(offset: start) }
        var rawBytes = 0
        for section in PackedSection.inOrder {
            let size = try cursor.varint()
            guard size >> 1 <= UInt64(Self.rawLimitBytes) else { throw .malformed(offset: start) }
            var extent = Extent(offset: 0, storedBytes: 0, rawBytes: Int(size >> 1), isCompressed: size & 1 == 1)
            extent.storedBytes = extent.isCompressed ? try cursor.count() : extent.rawBytes
            rawBytes += extent.rawBytes
            extents[section.rawValue] = extent
        }
        guard rawBytes <= Self.rawLimitBytes else { throw .malformed(offset: start) }
        for section in PackedSection.inOrder {
            extents[section.rawValue].offset = cursor.offset
            _ = try cursor.take(extents[section.rawValue].storedBytes)
        }
        let isWhole =
            self[.flags].rawBytes == eventCount && self[.authors].rawBytes == eventCount * Self.indexBytes(deviceCount)
            && self[.keyIndexes].rawBytes == eventCount * Self.indexBytes(keyCount)
            && self[.shapeIndexes].rawBytes == eventCount * Self.indexBytes(shapeCount)
        guard isWhole, keyCount >= 1, shapeCount >= 1, cursor.isAtEnd else { throw .malformed(offset: start) }
    }

    subscript(section: PackedSection) -> Extent { extents[section.rawValue] }

    /// Bytes of an index below `count`.
    static func indexBytes(_ count: Int) -> Int { count <= 1 << 8 ? 1 : count <= 1 << 16 ? 2 : 4 }

    /// A count of things of which each takes a byte of its section.
    private static func count(_ cursor: inout ByteCursor) throws(BlockError) -> Int {
        let start = cursor.offset
        let number = try cursor.varint()
        guard number <= UInt64(rawLimitBytes) else { throw .malformed(offset: start) }
        return Int(number)
    }
}

/// The sections of a packed block, expanded where they are compressed.
final class PackedSections {
    /// Readable bytes behind every section, whatever they hold.
    static let slackBytes = 64

    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * 1024, alignment: 64)
    private var capacity = 4 * 1024
    private var used = 0
    private var places = InlineArray<14, UnsafeRawBufferPointer>(repeating: UnsafeRawBufferPointer(start: nil, count: 0))

    deinit { memory.deallocate() }

    /// Makes the sections from `first` to `last` readable, until the next call; others are no longer.
    ///
    /// `block` has `slackBytes` readable bytes behind it, and outlives the use.
    ///
    /// - Throws: `.malformed` when a section cannot be expanded to its size.
    func expand(
        _ directory: PackedDirectory, _ block: UnsafeRawBufferPointer, from first: PackedSection = .keys,
        through last: PackedSection = .notes
    ) throws(BlockError) {
        try expand(directory, block, PackedSection.inOrder[first.rawValue...last.rawValue])
    }

    /// The same with some sections.
    func expand(
        _ directory: PackedDirectory, _ block: UnsafeRawBufferPointer, _ sections: ArraySlice<PackedSection>
    ) throws(BlockError) {
        let needed = sections.reduce(0) { $0 + (directory[$1].isCompressed ? directory[$1].rawBytes + Self.slackBytes : 0) }
        if needed > capacity {
            memory.deallocate()
            capacity = needed * 2
            memory = .allocate(byteCount: capacity, alignment: 64)
        }
        used = 0
        for section in sections {
            let extent = directory[section]
            let stored = UnsafeRawBufferPointer(rebasing: block[extent.offset..<(extent.offset + extent.storedBytes)])
            guard extent.isCompressed else {
                places[section.rawValue] = stored
                continue
            }
            let room = UnsafeMutableRawBufferPointer(start: memory + used, count: extent.rawBytes)
            guard LZ4.expand(stored, into: room) else { throw .malformed(offset: extent.offset) }
            places[section.rawValue] = UnsafeRawBufferPointer(room)
            used += extent.rawBytes + Self.slackBytes
        }
    }

    subscript(section: PackedSection) -> UnsafeRawBufferPointer { places[section.rawValue] }
}
