internal import Crypto
internal import EventCore

/// Writes a sealed segment from beginning to end, under a name that does not count until `finish` has put it in place.
final class SealedSegmentWriter<Storage: Volume> {
    private(set) var chain: CommitChain
    private let header: SegmentHeader
    private let file: OpenFile<Storage>
    private var hash = SHA256()
    private var entries: [BlockIndexEntry] = []
    private var offset = 0
    private var waiting: [UInt8] = []
    private static var chunkBytes: Int { 1024 * 1024 }

    init(_ header: SegmentHeader, at path: String, on volume: Storage) throws(VolumeError) {
        precondition(header.isSealed)
        self.header = header
        chain = CommitChain(of: header)
        try volume.removeIfPresent(path)
        file = try OpenFile(path, .creating, on: volume)
        // The slots of the acknowledged mark are of no use here and stay zero.
        let slots = SegmentHeader.framesOffset - SegmentHeader.sizeBytes
        try write(header.bytes + [UInt8](repeating: 0, count: slots))
    }

    /// Adds a block whose header was read from its bytes.
    func add(_ block: LogBlock, _ blockHeader: BlockHeader) throws(VolumeError) {
        entries.append(
            BlockIndexEntry(offset: offset, first: chain.position, header: blockHeader, ranges: block.ranges))
        chain.add(blockHeader)
        try write(block.bytes)
    }

    /// Ends the one commit, writes footer and tail, and makes the file durable.
    func finish() throws(VolumeError) -> SegmentTail {
        try write(chain.end(at: offset).bytes)
        let footer = SegmentFooter(blocks: entries).bytes
        var tail = SegmentTail(
            footerOffset: offset, footerBytes: footer.count, blockCount: entries.count, endPosition: chain.position,
            footerChecksum: Checksum.of(footer))
        try write(footer)
        hash.update(data: waiting)
        try flush()
        hash.update(data: tail.digestedBytes)
        tail.digest = SegmentDigest(hash.finalize())
        try file.write(tail.bytes(in: header), at: offset)
        try file.sync()
        return tail
    }

    private func write(_ bytes: [UInt8]) throws(VolumeError) {
        waiting += bytes
        offset += bytes.count
        guard waiting.count >= Self.chunkBytes else { return }
        hash.update(data: waiting)
        try flush()
    }

    private func flush() throws(VolumeError) {
        try file.write(waiting, at: offset - waiting.count)
        waiting.removeAll(keepingCapacity: true)
    }
}
