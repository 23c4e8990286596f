/// When events were written, of those alone that somebody asks about: of a packed block only the columns are read that say it.
package struct WantedTimes {
    /// By device the seqs that are asked for, ascending.
    private let wanted: [DeviceID: [UInt64]]
    /// How many are asked for.
    package let count: Int
    package private(set) var found: [Dot: HybridTime] = [:]
    private let sections = PackedSections()

    package init(_ dots: Set<Dot>) {
        count = dots.count
        wanted = Dictionary(grouping: dots, by: \.device).mapValues { $0.map(\.seq).sorted() }
        found.reserveCapacity(count)
    }

    /// Looks for events in a block of events whose checksum has been checked.
    package mutating func look(in header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        switch header.encoding {
        case .packed: try lookInColumns(header, block)
        case .rows:
            var reader = try BlockReader(header, block)
            while let stamp = try reader.skipStamped() { if isWanted(stamp.dot) { found[stamp.dot] = stamp.time } }
        }
    }

    private func isWanted(_ dot: Dot) -> Bool {
        guard let seqs = wanted[dot.device] else { return false }
        let place = Self.place(of: dot.seq, in: seqs)
        return place < seqs.count && seqs[place] == dot.seq
    }

    /// Where the first seq is that is not below this one.
    private static func place(of seq: UInt64, in seqs: [UInt64]) -> Int { seqs.partitionPoint { $0 < seq } }

    /// A device of the block: its seq so far, and the next one that is asked for.
    private struct Running {
        var seq: UInt64
        var next: UInt64
    }

    private mutating func lookInColumns(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        let count = Int(header.count)
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        try sections.expand(directory, block, [.flags, .authors, .seqs, .times, .extras])
        let flags = sections[.flags]
        let authors = IndexColumn(sections[.authors], below: names.devices.count)
        let malformed = BlockError.malformed(offset: directory[.times].offset)
        var seqs = ByteCursor(sections[.seqs])
        var times = ByteCursor(sections[.times])
        var extras = ByteCursor(sections[.extras])
        var running = zip(names.devices, names.bases).map { device, base in Running(seq: base, next: next(of: device, behind: base)) }
        var milliseconds: UInt64 = 0
        for index in 0..<count {
            let (flag, author) = (flags[index], authors[index])
            guard author < running.count else { throw malformed }
            milliseconds = try times.delta(from: milliseconds)
            let seq = flag & PackedFlags.explicitSeq != 0 ? try seqs.varint() : running[author].seq &+ 1
            running[author].seq = seq
            let tick = flag & PackedFlags.extras != 0 ? try PackedBlockReader.skipExtras(&extras) : 0
            guard seq >= running[author].next else { continue }
            let dot = Dot(device: names.devices[author], seq: seq)
            if seq == running[author].next || isWanted(dot) {
                found[dot] = try BlockReader.Stamp(dot, milliseconds, tick: tick, offset: directory[.times].offset).time
            }
            running[author].next = next(of: dot.device, behind: seq)
        }
    }

    /// The next seq of a device that is asked for; the greatest number when there is none.
    private func next(of device: DeviceID, behind seq: UInt64) -> UInt64 {
        guard let seqs = wanted[device] else { return .max }
        let place = Self.place(of: seq &+ 1, in: seqs)
        return place < seqs.count ? seqs[place] : .max
    }
}
