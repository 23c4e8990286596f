internal import EventCore

/// The index of a sealed segment's blocks, which lies between its frames and its tail.
///
/// Layout: LogFormat.md, "Footer".
struct SegmentFooter: Hashable, Sendable {
    static let entryBytes = 40
    static let rangeBytes = 32

    let blocks: [BlockIndexEntry]

    /// The bytes as they stand in the file: all entries, then all ranges.
    var bytes: [UInt8] {
        var (entries, ranges): ([UInt8], [UInt8]) = ([], [])
        entries.reserveCapacity(blocks.count * Self.entryBytes)
        for block in blocks {
            let own = block.ranges ?? []
            entries.append(littleEndian: UInt64(block.offset))
            entries.append(littleEndian: block.first.index)
            entries.append(littleEndian: UInt32(block.sizeBytes))
            entries.append(littleEndian: block.count)
            entries.append(littleEndian: UInt32(block.kind.rawValue))
            entries.append(littleEndian: UInt32(ranges.count / Self.rangeBytes))
            entries.append(littleEndian: UInt32(own.count))
            entries.append(littleEndian: UInt32(0))
            for range in own {
                ranges += range.device.bytes
                ranges.append(littleEndian: range.first)
                ranges.append(littleEndian: range.last)
            }
        }
        return entries + ranges
    }

    init(blocks: [BlockIndexEntry]) { self.blocks = blocks }

    /// Reads an index whose checksum was right; nil when it is not one nevertheless.
    init?(reading bytes: [UInt8], blockCount: Int) {
        let (entriesBytes, overflow) = blockCount.multipliedReportingOverflow(by: Self.entryBytes)
        guard !overflow, entriesBytes <= bytes.count, (bytes.count - entriesBytes) % Self.rangeBytes == 0 else { return nil }
        let rangeCount = (bytes.count - entriesBytes) / Self.rangeBytes
        var blocks: [BlockIndexEntry] = []
        blocks.reserveCapacity(blockCount)
        for index in 0..<blockCount {
            let start = index * Self.entryBytes
            let (rangeStart, ownCount): (UInt32, UInt32) = (bytes.number(at: start + 28), bytes.number(at: start + 32))
            guard Int(rangeStart) + Int(ownCount) <= rangeCount,
                let offset = Int(exactly: bytes.number(at: start, as: UInt64.self)),
                let kind = UInt8(exactly: bytes.number(at: start + 24, as: UInt32.self)).flatMap(BlockHeader.Kind.init(rawValue:))
            else { return nil }
            let ranges = (0..<Int(ownCount)).map { number in
                Self.range(bytes, at: entriesBytes + (Int(rangeStart) + number) * Self.rangeBytes)
            }
            blocks.append(
                BlockIndexEntry(
                    offset: offset, sizeBytes: Int(bytes.number(at: start + 16, as: UInt32.self)),
                    first: Position(bytes.number(at: start + 8)), count: bytes.number(at: start + 20), kind: kind, ranges: ranges))
        }
        self.blocks = blocks
    }

    private static func range(_ bytes: [UInt8], at offset: Int) -> DeviceRange {
        let high: UInt64 = bytes.number(at: offset)
        let low: UInt64 = bytes.number(at: offset + 8)
        return DeviceRange(
            device: DeviceID(high: high.byteSwapped, low: low.byteSwapped),
            first: bytes.number(at: offset + 16), last: bytes.number(at: offset + 24))
    }
}
