package import EventCore

/// A stretch of frames in one segment.
struct BlockExtent<Storage: Volume> {
    /// Opened before, or opened when the cursor gets there.
    enum Source {
        case file(OpenFile<Storage>)
        case path(String, Storage)
    }

    let source: Source
    let path: String
    let header: SegmentHeader
    /// Where to begin, which is at a block.
    var start = SegmentHeader.framesOffset
    var first: Position
    /// Where the frames end.
    let limit: Int
    let endPosition: Position

    init(_ segment: ActiveSegment<Storage>) {
        source = .file(segment.file)
        path = segment.file.path
        header = segment.header
        first = segment.header.first
        limit = segment.endOffset
        endPosition = segment.chain.position
    }

    init(_ segment: SealedSegment, in folder: LogFolder, on volume: Storage) {
        path = folder.segment(segment.name)
        source = .path(path, volume)
        header = segment.header
        first = segment.header.first
        limit = segment.tail.footerOffset
        endPosition = segment.tail.endPosition
    }
}

/// A block handed out by a cursor.
package struct BlockView {
    /// The position of its first event; of a waiting block, the position it stands at.
    package let first: Position
    package let header: BlockHeader
    /// Header and payload, followed by 64 readable zero bytes. They hold until the cursor's next step.
    package let bytes: UnsafeRawBufferPointer
}

/// Reads the blocks of a log in order, in large reads into one buffer, checking each block's checksum once.
///
/// It shows the log as it was when the cursor was made, and stays good when the log is appended to, sealed or closed.
package final class BlockCursor<Storage: Volume> {
    private var extents: ArraySlice<BlockExtent<Storage>>
    private var reader: FrameReader<Storage>?
    /// What the marks must say; nil when the segment was entered in its middle.
    private var chain: CommitChain?
    private var position: Position

    init(_ extents: [BlockExtent<Storage>], from position: Position) {
        self.extents = extents[...]
        self.position = position
    }

    /// The next block, waiting ones included; nil at the end.
    ///
    /// - Throws: `.corrupt` with the file, the offset and the positions that cannot be read; `.newerFormat`; `.volume`.
    package func next() throws(LogError) -> BlockView? {
        while let extent = extents.first {
            let reader = try open(extent)
            let offset = reader.offset
            let frame: Frame
            do throws(VolumeError) { frame = try reader.next() } catch { throw .volume(error) }
            switch frame {
            case .block(let header, let bytes):
                let view = BlockView(first: position, header: header, bytes: bytes)
                chain?.add(header)
                position = Position(position.index + header.positionCount)
                return view
            case .mark(let mark):
                guard mark.endPosition == position else { throw damage(.damagedCommit, extent, offset) }
                if let expected = chain?.end(at: offset), expected != mark { throw damage(.damagedCommit, extent, offset) }
            case .end:
                guard position == extent.endPosition, offset == extent.limit else { throw damage(.damagedCommit, extent, offset) }
                extents.removeFirst()
                self.reader = nil
            case .damaged(.newerFormat):
                throw .newerFormat(file: extent.path)
            case .damaged(.malformed):
                throw damage(.malformedBlock, extent, offset)
            case .damaged:
                throw damage(.damagedBlock, extent, offset)
            }
        }
        return nil
    }

    private func open(_ extent: BlockExtent<Storage>) throws(LogError) -> FrameReader<Storage> {
        if let reader { return reader }
        do throws(VolumeError) {
            let file =
                switch extent.source {
                case .file(let file): file
                case .path(let path, let volume): try OpenFile(path, .reading, on: volume)
                }
            let reader = FrameReader(file, from: extent.start, to: extent.limit)
            self.reader = reader
            position = extent.first
            chain = extent.start == SegmentHeader.framesOffset ? CommitChain(of: extent.header) : nil
            return reader
        } catch {
            throw .volume(error)
        }
    }

    private func damage(_ kind: DamageKind, _ extent: BlockExtent<Storage>, _ offset: Int) -> LogError {
        let positions = position..<max(position, extent.endPosition)
        return .corrupt(LogDamage(kind, file: extent.path, offset: offset, positions: positions))
    }
}
