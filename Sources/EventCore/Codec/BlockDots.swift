/// Reads the names of some events of blocks: of a packed block only the columns are read that say them.
package struct BlockDots {
    private let sections = PackedSections()

    package init() {}

    /// The dots of the events of these ascending numbers, in a block of events whose checksum has been checked.
    package func dots(at numbers: [Int], in header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Dot] {
        switch header.encoding {
        case .packed: return try dotsInColumns(numbers, header, block)
        case .rows:
            var (dots, at, reader) = ([Dot](), 0, try BlockReader(header, block))
            for number in numbers {
                try reader.skip(number - at)
                guard let dot = try reader.skip() else { throw .malformed(offset: 0) }
                dots.append(dot)
                at = number + 1
            }
            return dots
        }
    }

    private func dotsInColumns(
        _ numbers: [Int], _ header: BlockHeader, _ block: UnsafeRawBufferPointer
    ) throws(BlockError) -> [Dot] {
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: names.devices.count)
        try sections.expand(directory, block, [.flags, .authors, .seqs])
        let flags = sections[.flags]
        let authors = IndexColumn(sections[.authors], below: names.devices.count)
        var (seqs, running, at) = (ByteCursor(sections[.seqs]), names.bases, 0)
        var dots: [Dot] = []
        dots.reserveCapacity(numbers.count)
        for number in numbers {
            guard number < Int(header.count) else { throw .malformed(offset: directory[.flags].offset) }
            while at <= number {
                let author = authors[at]
                guard author < running.count else { throw .malformed(offset: directory[.authors].offset) }
                running[author] = flags[at] & PackedFlags.explicitSeq != 0 ? try seqs.varint() : running[author] &+ 1
                at += 1
            }
            let author = authors[number]
            dots.append(Dot(device: names.devices[author], seq: running[author]))
        }
        return dots
    }
}
