/// Of which kinds some events are, and whether any has extras: a note, an epoch, a mark as critical, or that it undoes another one.
package struct EventTraits: Hashable, Sendable {
    private static let extras: UInt8 = 1 << 4
    package private(set) var bits: UInt8

    /// None.
    package init() { bits = 0 }

    package init(bits: UInt8) { self.bits = bits }

    /// Of what nobody has looked at.
    package static let all = EventTraits(bits: .max)

    /// What the flags of packed events say.
    init(_ flags: some Sequence<UInt8>) {
        bits = 0
        for flags in flags { bits |= 1 << (flags & PackedFlags.kindMask) | (flags & PackedFlags.extras == 0 ? 0 : Self.extras) }
    }

    /// Whether any event is of the kind.
    package func has(_ kind: EventKind) -> Bool { bits & 1 << kind.rawValue != 0 }

    package var hasExtras: Bool { bits & Self.extras != 0 }

    package mutating func formUnion(_ others: EventTraits) { bits |= others.bits }
}

/// What a packed block says of its events together, in its names, its directory and a column or two, without an event being read.
package struct BlockGlance {
    package let collections: [Name]
    package let fields: [Name]
    package let hasDeletes: Bool
    /// Milliseconds since 1970 of the latest event.
    package let latest: UInt64
    package let traits: EventTraits

    /// nil for a block of rows, which has to be read. The block's checksum has been checked.
    package init?(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        guard header.encoding == .packed else { return nil }
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: names.devices.count)
        (collections, fields) = (names.collections, names.fields)
        latest = directory.latestTime >> 16
        let sections = PackedSections()
        try sections.expand(directory, block, [.shapes, .flags])
        var shapes = SectionItems(sections[.shapes], directory.shapeCount)
        hasDeletes = try PackedBlockReader.writeCounts(&shapes, directory.shapeCount).contains(0)
        traits = EventTraits(sections[.flags])
    }
}
