package import EventCore

/// Where a log ended behind a commit: what was made of all events before it is worth something as long as the log contains this end.
///
/// Unlike a `SealedEnd` it may lie in the active segment, where the running checksum of its commits stands for the bytes. An end inside a segment is none any more once that is sealed.
package struct CommittedEnd: Hashable, Sendable {
    /// A commit of the active segment.
    package struct Commit: Hashable, Sendable {
        /// Behind the commit mark in the segment's file.
        package let offset: Int
        /// The position after it.
        package let position: Position
        /// Over the segment's header, all blocks and all commit marks up to here.
        package let chain: UInt32

        package init(offset: Int, position: Position, chain: UInt32) {
            self.offset = offset
            self.position = position
            self.chain = chain
        }
    }

    /// The end of the sealed part; nil in a log's first segment.
    package let sealed: SealedEnd?
    /// The commit behind that; nil where there is none.
    package let commit: Commit?

    package init(sealed: SealedEnd?, commit: Commit?) {
        self.sealed = sealed
        self.commit = commit
    }

    package var position: Position { commit?.position ?? sealed?.position ?? Position(0) }
}

extension CommittedEnd {
    /// Reads one as `append` writes it.
    package init(_ cursor: inout ByteCursor) throws(BlockError) {
        let segment = Int(truncatingIfNeeded: try cursor.varint())
        let position = Position(try cursor.varint())
        let digest = SegmentDigest(bytes: Array(try cursor.take(SegmentDigest.sizeBytes)))
        let offset = Int(truncatingIfNeeded: try cursor.varint())
        let end = Position(try cursor.varint())
        let chain = UInt32(truncatingIfNeeded: try cursor.varint())
        self.init(
            sealed: segment > 0 ? SealedEnd(segment: segment, position: position, digest: digest) : nil,
            commit: offset > 0 ? Commit(offset: offset, position: end, chain: chain) : nil)
    }
}

extension [UInt8] {
    /// Segment and position of the sealed part as varints, its digest; offset (0 without a commit behind), position, and chain of the commit as varints.
    package mutating func append(_ end: CommittedEnd) {
        appendVarint(end.sealed?.segment ?? 0)
        appendVarint(end.sealed?.position.index ?? 0)
        self += (end.sealed?.digest ?? .none).bytes
        appendVarint(end.commit?.offset ?? 0)
        appendVarint(end.commit?.position.index ?? 0)
        appendVarint(UInt64(end.commit?.chain ?? 0))
    }
}

extension EventLog {
    /// Where the log ends now.
    package var committedEnd: CommittedEnd {
        let commit = active.flatMap { active in
            active.blocks.isEmpty
                ? nil
                : CommittedEnd.Commit(offset: active.endOffset, position: active.chain.position, chain: active.chain.value)
        }
        return CommittedEnd(sealed: sealedEnd, commit: commit)
    }

    /// Whether the log ended there once, and has only been appended to since. Reads one commit mark at most.
    ///
    /// - Throws: `.volume`
    package func contains(_ end: CommittedEnd) throws(LogError) -> Bool {
        if let sealed = end.sealed { guard contains(sealed) else { return false } }
        guard let commit = end.commit else { return true }
        let start = commit.offset - CommitMark.sizeBytes
        guard let active, active.header.number == (end.sealed?.segment ?? 0) + 1, start >= SegmentHeader.framesOffset,
            commit.offset <= active.endOffset
        else { return false }
        let bytes: [UInt8]
        do throws(VolumeError) { bytes = try active.file.read(at: start, count: CommitMark.sizeBytes) } catch { throw .volume(error) }
        guard let mark = bytes.withUnsafeBytes({ CommitMark(reading: $0) }) else { return false }
        return mark.endOffset == commit.offset && mark.endPosition == commit.position && mark.chain == commit.chain
    }
}
