internal import EventCore

/// The 32 bytes that end a commit. Blocks that no mark follows are absent.
///
/// Layout: LogFormat.md, "Commit mark". Its first four bytes are a length that no block has.
struct CommitMark: Hashable, Sendable {
    static let sizeBytes = 32
    /// "MARK" as it stands in the file, read as a number.
    static let magic: UInt32 = 0x4B52_414D

    /// The position after the commit.
    let endPosition: Position
    /// The offset behind this mark.
    let endOffset: Int
    /// Blocks in the commit.
    let blockCount: UInt32
    /// The running checksum over the checksums of all blocks and the end positions of all marks since the segment's header.
    let chain: UInt32

    init(endPosition: Position, endOffset: Int, blockCount: UInt32, chain: UInt32) {
        self.endPosition = endPosition
        self.endOffset = endOffset
        self.blockCount = blockCount
        self.chain = chain
    }

    /// Reads the mark at the start of `bytes`; nil when it is damaged or cut off.
    init?(reading bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.sizeBytes, bytes.number(at: 0, as: UInt32.self) == Self.magic else { return nil }
        var checksum = Checksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: bytes[8..<Self.sizeBytes]))
        guard checksum.value == bytes.number(at: 4, as: UInt32.self) else { return nil }
        guard let endOffset = Int(exactly: bytes.number(at: 16, as: UInt64.self)) else { return nil }
        endPosition = Position(bytes.number(at: 8))
        self.endOffset = endOffset
        blockCount = bytes.number(at: 24)
        chain = bytes.number(at: 28)
    }

    /// The 32 bytes as they stand in the file.
    var bytes: [UInt8] {
        var content: [UInt8] = []
        content.append(littleEndian: endPosition.index)
        content.append(littleEndian: UInt64(endOffset))
        content.append(littleEndian: blockCount)
        content.append(littleEndian: chain)
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: Checksum.of(content))
        return bytes + content
    }
}

/// What a commit mark proves, while frames are written or read: how many blocks, up to which position, in which order.
struct CommitChain: Hashable, Sendable {
    /// The position after the blocks added so far.
    private(set) var position: Position
    /// Blocks since the last mark.
    private(set) var blockCount: UInt32 = 0
    private(set) var value: UInt32

    /// At the start of a segment.
    init(of header: SegmentHeader) {
        position = header.first
        value = header.checksum
    }

    /// Adds a block.
    mutating func add(_ header: BlockHeader) {
        var checksum = Checksum(continuing: value)
        withUnsafeBytes(of: header.checksum.littleEndian) { checksum.add($0) }
        value = checksum.value
        blockCount += 1
        position = Position(position.index + header.positionCount)
    }

    /// Ends the commit with the mark that belongs behind the blocks added, which end at `offset`.
    mutating func end(at offset: Int) -> CommitMark {
        var checksum = Checksum(continuing: value)
        withUnsafeBytes(of: position.index.littleEndian) { checksum.add($0) }
        value = checksum.value
        let mark = CommitMark(
            endPosition: position, endOffset: offset + CommitMark.sizeBytes, blockCount: blockCount, chain: value)
        blockCount = 0
        return mark
    }
}

extension BlockHeader {
    /// How many positions of the log the block takes.
    var positionCount: UInt64 { kind == .events ? UInt64(count) : 0 }
}
