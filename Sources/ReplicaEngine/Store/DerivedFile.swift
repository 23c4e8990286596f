internal import EventCore
internal import LogStore

/// A file beside the log of what can be made from the log again: without it, or with one that is damaged or of another log, that is done. So failing to write it is no harm.
///
///      0  magic, 8 bytes
///      8  u32 CRC32C of what follows
///     12  the sealed end that it reaches to: segment and position as varints, digest (32 bytes), which stands for every byte of the log up to there
///     ..  content
enum DerivedFile {
    private static let contentOffset = 12

    static func bytes(_ magic: StaticString, at end: SealedEnd, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendVarint(end.segment)
        bytes.appendVarint(end.position.index)
        bytes += end.digest.bytes + content
        let checksum = Checksum.of(bytes).littleEndian
        return Self.bytes(of: magic) + withUnsafeBytes(of: checksum) { Array($0) } + bytes
    }

    /// Reads a file; nil unless it is whole.
    static func read<Value>(
        _ magic: StaticString, _ bytes: [UInt8], _ body: (SealedEnd, inout ByteCursor) throws(BlockError) -> Value
    ) -> Value? {
        let magic = Self.bytes(of: magic)
        guard bytes.count > contentOffset, bytes.starts(with: magic) else { return nil }
        let found = bytes.withUnsafeBytes { bytes -> Result<Value, BlockError> in
            var checksum = Checksum()
            checksum.add(UnsafeRawBufferPointer(rebasing: bytes[contentOffset...]))
            guard checksum.value == UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: magic.count, as: UInt32.self)) else {
                return .failure(.malformed(offset: 0))
            }
            var cursor = ByteCursor(bytes, at: contentOffset)
            return Result { () throws(BlockError) in try body(try end(&cursor), &cursor) }
        }
        return try? found.get()
    }

    private static func end(_ cursor: inout ByteCursor) throws(BlockError) -> SealedEnd {
        let start = cursor.offset
        guard let segment = Int(exactly: try cursor.varint()) else { throw .malformed(offset: start) }
        let position = Position(try cursor.varint())
        let digest = SegmentDigest(bytes: Array(try cursor.take(SegmentDigest.none.bytes.count)))
        return SealedEnd(segment: segment, position: position, digest: digest)
    }

    private static func bytes(of magic: StaticString) -> [UInt8] { magic.withUTF8Buffer { Array($0) } }
}

extension Replica {
    /// Times and states are looked for again: a reader has made their files meanwhile.
    package func forgetDerivedFiles() { (sealedTimes, knownStates) = (nil, nil) }

    func derivedFile(_ name: String) -> [UInt8]? { try? volume.wholeFile(folder + "/" + name) }

    func replaceDerivedFile(_ name: String, with bytes: [UInt8]) {
        let path = folder + "/" + name
        _ = try? volume.replaceSharedFile(path, in: folder, with: bytes)
    }
}
