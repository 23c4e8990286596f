/// What a packed block says of its events together, in its names, its directory and one column, without an event being read.
package struct BlockGlance {
    package let collections: [Name]
    /// Milliseconds since 1970 of the latest event.
    package let latest: UInt64
    private var kinds: UInt8 = 0
    /// Whether any event has a note, an epoch, a mark as critical, or undoes another one.
    package private(set) var hasExtras = false

    /// nil for a block of rows, which has to be read. The block's checksum has been checked.
    package init?(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        guard header.encoding == .packed else { return nil }
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: names.devices.count)
        collections = names.collections
        latest = directory.latestTime >> 16
        let sections = PackedSections()
        try sections.expand(directory, block, [.flags])
        for flags in sections[.flags] {
            kinds |= 1 << (flags & PackedFlags.kindMask)
            hasExtras = hasExtras || flags & PackedFlags.extras != 0
        }
    }

    /// Whether any event is of the kind.
    package func has(_ kind: EventKind) -> Bool { kinds & 1 << kind.rawValue != 0 }
}
