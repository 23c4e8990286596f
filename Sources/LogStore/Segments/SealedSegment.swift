package import EventCore

/// The end of the sealed part of a log: what a checkpoint is bound to.
package struct SealedEnd: Hashable, Sendable {
    /// The last sealed segment.
    package let segment: Int
    /// The position after it.
    package let position: Position
    /// Stands for every byte of the log up to there.
    package let digest: SegmentDigest

    package init(segment: Int, position: Position, digest: SegmentDigest) {
        self.segment = segment
        self.position = position
        self.digest = digest
    }
}

/// A segment that never changes any more.
struct SealedSegment: Sendable {
    let name: SegmentName
    let header: SegmentHeader
    let tail: SegmentTail
    /// The index of its blocks; nil until it is needed.
    var blocks: [BlockIndexEntry]?
    /// The same by whose events they have; nil until it is needed.
    var byDevice: BlocksByDevice?

    var end: SealedEnd { SealedEnd(segment: name.number, position: tail.endPosition, digest: tail.digest) }

    /// Reads and checks the index.
    func readFooter<Storage: Volume>(_ file: OpenFile<Storage>) throws(LogError) -> [BlockIndexEntry] {
        let bytes: [UInt8]
        do throws(VolumeError) {
            bytes = try file.read(at: tail.footerOffset, count: tail.footerBytes)
        } catch {
            throw .volume(error)
        }
        guard bytes.count == tail.footerBytes, Checksum.of(bytes) == tail.footerChecksum,
            let footer = SegmentFooter(reading: bytes, blockCount: tail.blockCount)
        else {
            throw .corrupt(
                LogDamage(.damagedFooter, file: file.path, offset: tail.footerOffset, positions: header.first..<header.first))
        }
        return footer.blocks
    }
}
