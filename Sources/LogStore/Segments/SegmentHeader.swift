internal import EventCore

/// The first sector of a segment; written once, when the file is made.
///
/// Layout: LogFormat.md, "Header". Bytes 0–15 and the checksum's place keep their meaning in every later version, so that an
/// older program can tell a newer file from a damaged one.
struct SegmentHeader: Hashable, Sendable {
    static let sizeBytes = 512
    /// Where the frames begin: behind the header and the two slots of the acknowledged mark.
    static let framesOffset = 1536
    /// The version that this program writes, and the highest that it knows.
    static let version: UInt16 = 1
    static let magic = Array("SYNCLOG1".utf8)
    private static let usedBytes = 80
    private static let checksumOffset = 508

    let isSealed: Bool
    let storeID: StoreID
    let number: Int
    let first: Position
    let digestBefore: SegmentDigest
    /// Whether this program knows enough of the version to write behind what is there.
    let isAppendable: Bool
    /// The header's own checksum. All marks of the segment are bound to it.
    let checksum: UInt32

    /// A header of this program's version.
    init(isSealed: Bool, storeID: StoreID, number: Int, first: Position, digestBefore: SegmentDigest) {
        self.isSealed = isSealed
        self.storeID = storeID
        self.number = number
        self.first = first
        self.digestBefore = digestBefore
        isAppendable = true
        let content = Self.content(
            isSealed: isSealed, storeID: storeID, number: number, first: first, digestBefore: digestBefore)
        checksum = Checksum.of(content)
    }

    /// Reads the header at the start of a file's bytes.
    init(reading bytes: [UInt8]) throws(HeaderProblem) {
        guard bytes.count >= Self.sizeBytes else { throw .damaged }
        let content = Array(bytes[..<Self.checksumOffset])
        checksum = Checksum.of(content)
        guard Array(bytes[..<8]) == Self.magic, checksum == bytes.number(at: Self.checksumOffset, as: UInt32.self) else {
            throw .damaged
        }
        let (version, oldestReader, oldestAppender): (UInt16, UInt16, UInt16) =
            (bytes.number(at: 8), bytes.number(at: 10), bytes.number(at: 12))
        guard oldestReader <= Self.version else { throw .newerFormat(version: version) }
        let flags: UInt16 = bytes.number(at: 14)
        // A newer version that we may read promises that what it added can be passed over; our own has nothing there.
        let isClean = flags & ~1 == 0 && content.isZero(from: Self.usedBytes)
        guard version > Self.version || isClean else { throw .damaged }
        guard let number = Int(exactly: bytes.number(at: 32, as: UInt64.self)), version >= 1 else { throw .damaged }
        isSealed = flags & 1 != 0
        storeID = StoreID(bytes, at: 16)
        self.number = number
        first = Position(bytes.number(at: 40))
        digestBefore = SegmentDigest(bytes: Array(bytes[48..<80]))
        isAppendable = oldestAppender <= Self.version
    }

    /// The 512 bytes as they stand in the file.
    var bytes: [UInt8] {
        var bytes = Self.content(
            isSealed: isSealed, storeID: storeID, number: number, first: first, digestBefore: digestBefore)
        bytes.append(littleEndian: checksum)
        return bytes
    }

    private static func content(
        isSealed: Bool, storeID: StoreID, number: Int, first: Position, digestBefore: SegmentDigest
    ) -> [UInt8] {
        var bytes = magic
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: UInt16(isSealed ? 1 : 0))
        bytes += storeID.bytes
        bytes.append(littleEndian: UInt64(number))
        bytes.append(littleEndian: first.index)
        bytes += digestBefore.bytes
        bytes += [UInt8](repeating: 0, count: checksumOffset - usedBytes)
        return bytes
    }
}

/// Why a header cannot be used.
enum HeaderProblem: Error, Hashable, Sendable {
    case damaged
    case newerFormat(version: UInt16)
}
