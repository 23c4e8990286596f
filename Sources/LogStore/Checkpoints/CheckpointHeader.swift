internal import EventCore

/// The first page of a checkpoint. Layout: LogFormat.md, "Checkpoint".
struct CheckpointHeader: Hashable, Sendable {
    struct Section: Hashable, Sendable {
        let offset: Int
        let sizeBytes: Int

        /// With the zeros up to the end of its last page, which belong to it.
        var paddedBytes: Int { sizeBytes.roundedUp(to: CheckpointHeader.pageBytes) }
        var pieceCount: Int { paddedBytes.roundedUp(to: CheckpointHeader.pieceBytes) / CheckpointHeader.pieceBytes }
    }

    static let sizeBytes = 4096
    /// Sections begin at multiples of this, so that they can be mapped.
    static let pageBytes = 4096
    /// Each so many bytes of a section have a checksum of their own.
    static let pieceBytes = 64 * 1024
    /// The version that this program writes, and the only one that it uses.
    static let version: UInt16 = 2
    static let magic = Array("SYNCCHK1".utf8)
    static let sectionLimit = (checksumOffset - sectionsOffset) / sectionBytes
    private static let sectionsOffset = 96
    private static let sectionBytes = 16
    private static let checksumOffset = 4092

    let storeID: StoreID
    let end: SealedEnd
    let sections: [Section]
    /// The checksum of the table of the pieces' checksums.
    var tableChecksum: UInt32 = 0
    /// Where that table lies: behind the last section.
    let tableOffset: Int
    var tableBytes: Int { sections.reduce(0) { $0 + $1.pieceCount } * MemoryLayout<UInt32>.size }
    var fileBytes: Int { tableOffset + tableBytes }

    /// A header for sections of these sizes, in order.
    init(storeID: StoreID, end: SealedEnd, sectionBytes: [Int]) {
        precondition(sectionBytes.count <= Self.sectionLimit)
        self.storeID = storeID
        self.end = end
        (sections, tableOffset) = Self.placed(sectionBytes)
    }

    private static func placed(_ sectionBytes: [Int]) -> ([Section], end: Int) {
        var (sections, offset): ([Section], Int) = ([], Self.sizeBytes)
        for sizeBytes in sectionBytes {
            sections.append(Section(offset: offset, sizeBytes: sizeBytes))
            offset += sections[sections.count - 1].paddedBytes
        }
        return (sections, offset)
    }

    /// Reads the first page of a file of `fileBytes` bytes.
    init(reading bytes: [UInt8], fileBytes: Int) throws(CheckpointProblem) {
        guard bytes.count == Self.sizeBytes, Array(bytes[..<8]) == Self.magic,
            Checksum.of(Array(bytes[..<Self.checksumOffset])) == bytes.number(at: Self.checksumOffset, as: UInt32.self)
        else { throw .damaged(offset: 0) }
        let (version, oldestReader): (UInt16, UInt16) = (bytes.number(at: 8), bytes.number(at: 10))
        guard oldestReader <= Self.version else { throw .newerFormat(version: version) }
        guard version >= Self.version else { throw .olderFormat(version: version) }
        let count = Int(bytes.number(at: 12, as: UInt32.self))
        guard count <= Self.sectionLimit, let segment = Int(exactly: bytes.number(at: 32, as: UInt64.self)) else {
            throw .damaged(offset: 0)
        }
        storeID = StoreID(bytes, at: 16)
        end = SealedEnd(
            segment: segment, position: Position(bytes.number(at: 40)), digest: SegmentDigest(bytes: Array(bytes[48..<80])))
        var sizes: [Int] = []
        for index in 0..<count {
            let start = Self.sectionsOffset + index * Self.sectionBytes
            guard let sizeBytes = Int(exactly: bytes.number(at: start + 8, as: UInt64.self)), sizeBytes <= fileBytes else {
                throw .damaged(offset: start)
            }
            sizes.append(sizeBytes)
        }
        (sections, tableOffset) = Self.placed(sizes)
        tableChecksum = bytes.number(at: 88)
        for (index, section) in sections.enumerated() {
            let start = Self.sectionsOffset + index * Self.sectionBytes
            guard bytes.number(at: start, as: UInt64.self) == UInt64(section.offset) else { throw .damaged(offset: start) }
        }
        guard self.fileBytes == fileBytes, bytes.number(at: 80, as: UInt64.self) == UInt64(fileBytes) else {
            throw .damaged(offset: min(self.fileBytes, fileBytes))
        }
    }

    /// The page as it stands in the file.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(sections.count))
        bytes += storeID.bytes
        bytes.append(littleEndian: UInt64(end.segment))
        bytes.append(littleEndian: end.position.index)
        bytes += end.digest.bytes
        bytes.append(littleEndian: UInt64(fileBytes))
        bytes.append(littleEndian: tableChecksum)
        bytes.append(littleEndian: UInt32(0))
        for section in sections {
            bytes.append(littleEndian: UInt64(section.offset))
            bytes.append(littleEndian: UInt64(section.sizeBytes))
        }
        bytes += [UInt8](repeating: 0, count: Self.checksumOffset - bytes.count)
        bytes.append(littleEndian: Checksum.of(bytes))
        return bytes
    }
}

/// Why a checkpoint is not used. It is a cache, so this is never an error: the log is read instead.
package enum CheckpointProblem: Error, Hashable, Sendable {
    case damaged(offset: Int)
    case newerFormat(version: UInt16)
    case olderFormat(version: UInt16)
    /// What it holds is damaged, or laid out in another way than this program does.
    case unusable
    /// Of another store, or bound to an end that this log does not have: the log was restored, or exchanged.
    case otherLog
    case unreadable(VolumeError)
}

extension Int {
    /// The next multiple of `unit`, or the number itself.
    func roundedUp(to unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
