internal import EventCore

/// The last 96 bytes of a sealed segment: where its footer lies, what the segment covers, and the digest of all before.
///
/// Layout: LogFormat.md, "Tail". Reading it is enough to know a sealed segment.
struct SegmentTail: Hashable, Sendable {
    static let sizeBytes = 96
    static let magic = Array("SYNCSEAL".utf8)
    /// The digest covers the file up to and with this many bytes of the tail.
    static let digestOffset = 44

    /// Where the index begins, which is where the frames end.
    let footerOffset: Int
    let footerBytes: Int
    let blockCount: Int
    let endPosition: Position
    let footerChecksum: UInt32
    var digest: SegmentDigest

    /// The part that the digest covers.
    var digestedBytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: UInt64(footerOffset))
        bytes.append(littleEndian: UInt64(footerBytes))
        bytes.append(littleEndian: UInt64(blockCount))
        bytes.append(littleEndian: endPosition.index)
        bytes.append(littleEndian: footerChecksum)
        return bytes
    }

    /// The 96 bytes as they stand in the file.
    func bytes(in header: SegmentHeader) -> [UInt8] {
        var bytes = digestedBytes + digest.bytes
        bytes += [UInt8](repeating: 0, count: Self.sizeBytes - 4 - bytes.count)
        var checksum = Checksum(continuing: header.checksum)
        checksum.add(bytes)
        bytes.append(littleEndian: checksum.value)
        return bytes
    }

    init(footerOffset: Int, footerBytes: Int, blockCount: Int, endPosition: Position, footerChecksum: UInt32) {
        self.footerOffset = footerOffset
        self.footerBytes = footerBytes
        self.blockCount = blockCount
        self.endPosition = endPosition
        self.footerChecksum = footerChecksum
        digest = .none
    }

    /// Reads the end of a file of `fileBytes` bytes; nil when it is not the tail that belongs to `header` in a file of that size.
    init?(reading bytes: [UInt8], in header: SegmentHeader, fileBytes: Int) {
        guard bytes.count == Self.sizeBytes, bytes.starts(with: Self.magic) else { return nil }
        var checksum = Checksum(continuing: header.checksum)
        checksum.add(Array(bytes[..<(Self.sizeBytes - 4)]))
        guard checksum.value == bytes.number(at: Self.sizeBytes - 4, as: UInt32.self) else { return nil }
        guard let footerOffset = Int(exactly: bytes.number(at: 8, as: UInt64.self)),
            let footerBytes = Int(exactly: bytes.number(at: 16, as: UInt64.self)),
            let blockCount = Int(exactly: bytes.number(at: 24, as: UInt64.self)),
            footerOffset >= SegmentHeader.framesOffset,
            footerBytes <= fileBytes,
            footerOffset == fileBytes - Self.sizeBytes - footerBytes
        else { return nil }
        self.footerOffset = footerOffset
        self.footerBytes = footerBytes
        self.blockCount = blockCount
        endPosition = Position(bytes.number(at: 32))
        footerChecksum = bytes.number(at: 40)
        digest = SegmentDigest(bytes: Array(bytes[44..<76]))
        guard endPosition >= header.first else { return nil }
    }
}
