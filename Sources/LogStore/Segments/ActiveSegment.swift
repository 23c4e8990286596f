internal import EventCore

/// The segment that commits are appended to.
struct ActiveSegment<Storage: Volume>: Sendable {
    let name: SegmentName
    let header: SegmentHeader
    let file: OpenFile<Storage>
    /// After the last commit.
    var chain: CommitChain
    /// Behind the last commit.
    var endOffset: Int
    /// The file's size. From `endOffset` on it is room: zeros.
    var sizeBytes: Int
    var blocks: [BlockIndexEntry]
    /// The first of these by whose events they have, as far as somebody has asked.
    var byDevice = BlocksByDevice()
    /// Up to where it is durable.
    var mark: AcknowledgedMark
    /// Whether the mark itself is on disk.
    var isMarkSynced: Bool

    /// Whether everything appended is durable.
    var isSynced: Bool { mark.endOffset == endOffset }

    /// The mark that says that everything appended is durable.
    var nextMark: AcknowledgedMark {
        AcknowledgedMark(
            generation: mark.generation + 1, endOffset: endOffset, endPosition: chain.position, chain: chain.value)
    }

    /// Puts an empty segment in place, durably, and opens it.
    static func create(_ header: SegmentHeader, in folder: LogFolder, on volume: Storage) throws(VolumeError) -> Self {
        let name = SegmentName(number: header.number, first: header.first)
        let temporary = folder.unfinished(name)
        try volume.removeIfPresent(temporary)
        let file = try OpenFile(temporary, .creating, on: volume)
        try file.write(AcknowledgedMark.preamble(of: header), at: 0)
        try file.sync()
        try volume.putInPlace(temporary, as: name, in: folder)
        return Self(
            name: name, header: header, file: file, chain: CommitChain(of: header), endOffset: SegmentHeader.framesOffset,
            sizeBytes: SegmentHeader.framesOffset, blocks: [], mark: .start(of: header, generation: 1), isMarkSynced: true)
    }
}
