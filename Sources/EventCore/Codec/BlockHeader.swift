/// The first 16 bytes of a block, all numbers little-endian.
///
/// Layout: EventFormat.md, "Block".
///
///     0  u32 length    bytes of payload behind the header
///     4  u32 checksum  CRC32C of bytes 0–3, 8–15 and the payload
///     8  u8  kind      1 events, 2 waiting events, 3 reserved for a snapshot that stands for retired events
///     9  u8  encoding  1 rows, 2 packed columns
///    10  u16 flags     0
///    12  u32 count     events in the block, at least 1
package struct BlockHeader: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// Events in the order of the log; each takes the next position.
        case events = 1
        /// Events kept aside until what they build on has come; they take no position.
        case waiting = 2
    }

    package enum Encoding: UInt8, Sendable {
        /// One event behind the other: what commits write.
        case rows = 1
        /// Columns and dictionaries, compressed where that pays: what sealed segments hold. Never waiting events.
        case packed = 2
    }

    package static let sizeBytes = 16
    /// A block is closed when its payload reaches this.
    package static let payloadGoalBytes = 64 * 1024
    /// No payload is longer: a full one, and then one event of the greatest size with its names.
    package static let payloadLimitBytes = 1024 * 1024

    package let kind: Kind
    package let encoding: Encoding
    package let count: UInt32
    package let payloadBytes: Int
    package let checksum: UInt32

    /// Bytes of header and payload.
    package var blockBytes: Int { Self.sizeBytes + payloadBytes }

    /// Reads the header at the start of `bytes` and checks the block's checksum.
    ///
    /// - Throws: `.cutOff` when `bytes` ends inside the block, `.checksumMismatch`, `.newerFormat` or `.malformed`.
    package init(checking bytes: UnsafeRawBufferPointer) throws(BlockError) {
        guard bytes.count >= Self.sizeBytes else { throw .cutOff }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)))
        guard length <= Self.payloadLimitBytes else { throw .checksumMismatch }
        guard bytes.count >= Self.sizeBytes + length else { throw .cutOff }
        checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard checksum == Self.checksum(of: bytes, payloadBytes: length) else { throw .checksumMismatch }
        guard let kind = Kind(rawValue: bytes[8]), let encoding = Encoding(rawValue: bytes[9]) else {
            throw .newerFormat(kind: bytes[8], encoding: bytes[9])
        }
        guard encoding == .rows || kind == .events else { throw .malformed(offset: 9) }
        guard bytes[10] == 0 && bytes[11] == 0 else { throw .malformed(offset: 10) }
        self.kind = kind
        self.encoding = encoding
        count = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard count >= 1 else { throw .malformed(offset: 12) }
        payloadBytes = length
    }

    /// Fills in the header of `block`, whose payload stands behind 16 bytes of room.
    package static func seal(_ block: inout [UInt8], kind: Kind, encoding: Encoding, count: UInt32) {
        let length = block.count - sizeBytes
        precondition(length >= 0 && length <= payloadLimitBytes)
        block.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 0, as: UInt32.self)
            bytes[8] = kind.rawValue
            bytes[9] = encoding.rawValue
            bytes[10] = 0
            bytes[11] = 0
            bytes.storeBytes(of: count.littleEndian, toByteOffset: 12, as: UInt32.self)
            let checksum = checksum(of: UnsafeRawBufferPointer(bytes), payloadBytes: length)
            bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
        }
    }

    private static func checksum(of bytes: UnsafeRawBufferPointer, payloadBytes: Int) -> UInt32 {
        var checksum = Checksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: bytes[0..<4]))
        checksum.add(UnsafeRawBufferPointer(rebasing: bytes[8..<(sizeBytes + payloadBytes)]))
        return checksum.value
    }
}
