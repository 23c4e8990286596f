internal import EventCore

/// The first page of a checkpoint. Layout: LogFormat.md, "Checkpoint".
struct CheckpointHeader: Hashable, Sendable {
    struct Section: Hashable, Sendable {
        let offset: Int
        let sizeBytes: Int
        let checksum: UInt32
    }

    static let sizeBytes = 4096
    /// Sections begin at multiples of this, so that they can be mapped.
    static let pageBytes = 4096
    static let version: UInt16 = 1
    static let magic = Array("SYNCCHK1".utf8)
    static let sectionLimit = (checksumOffset - sectionsOffset) / sectionBytes
    private static let sectionsOffset = 96
    private static let sectionBytes = 24
    private static let checksumOffset = 4092

    let storeID: StoreID
    let end: SealedEnd
    let sections: [Section]
    let fileBytes: Int

    /// A header for sections of these sizes and checksums, in order.
    init(storeID: StoreID, end: SealedEnd, sections: [(sizeBytes: Int, checksum: UInt32)]) {
        precondition(sections.count <= Self.sectionLimit)
        self.storeID = storeID
        self.end = end
        var offset = Self.sizeBytes
        var placed: [Section] = []
        for section in sections {
            placed.append(Section(offset: offset, sizeBytes: section.sizeBytes, checksum: section.checksum))
            offset += section.sizeBytes.roundedUp(to: Self.pageBytes)
        }
        self.sections = placed
        fileBytes = offset
    }

    /// Reads the first page of a file of `fileBytes` bytes.
    init(reading bytes: [UInt8], fileBytes: Int) throws(CheckpointProblem) {
        guard bytes.count == Self.sizeBytes, Array(bytes[..<8]) == Self.magic,
            Checksum.of(Array(bytes[..<Self.checksumOffset])) == bytes.number(at: Self.checksumOffset, as: UInt32.self)
        else { throw .damaged(offset: 0) }
        guard bytes.number(at: 10, as: UInt16.self) <= Self.version else {
            throw .newerFormat(version: bytes.number(at: 8))
        }
        let count = Int(bytes.number(at: 12, as: UInt32.self))
        guard count <= Self.sectionLimit, let segment = Int(exactly: bytes.number(at: 32, as: UInt64.self)) else {
            throw .damaged(offset: 0)
        }
        storeID = StoreID(bytes, at: 16)
        end = SealedEnd(
            segment: segment, position: Position(bytes.number(at: 40)), digest: SegmentDigest(bytes: Array(bytes[48..<80])))
        var (sections, offset): ([Section], Int) = ([], Self.sizeBytes)
        for index in 0..<count {
            let start = Self.sectionsOffset + index * Self.sectionBytes
            guard bytes.number(at: start, as: UInt64.self) == UInt64(offset),
                let sizeBytes = Int(exactly: bytes.number(at: start + 8, as: UInt64.self)), sizeBytes <= fileBytes
            else { throw .damaged(offset: start) }
            sections.append(Section(offset: offset, sizeBytes: sizeBytes, checksum: bytes.number(at: start + 16)))
            offset += sizeBytes.roundedUp(to: Self.pageBytes)
        }
        guard offset == fileBytes, bytes.number(at: 80, as: UInt64.self) == UInt64(fileBytes) else {
            throw .damaged(offset: min(offset, fileBytes))
        }
        self.sections = sections
        self.fileBytes = fileBytes
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
        bytes.append(littleEndian: UInt64(0))
        for section in sections {
            bytes.append(littleEndian: UInt64(section.offset))
            bytes.append(littleEndian: UInt64(section.sizeBytes))
            bytes.append(littleEndian: section.checksum)
            bytes.append(littleEndian: UInt32(0))
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
    /// Of another store, or bound to an end that this log does not have: the log was restored, or exchanged.
    case otherLog
    case unreadable(VolumeError)
}

extension Int {
    /// The next multiple of `unit`, or the number itself.
    func roundedUp(to unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
