internal import EventCore
internal import LogStore

/// What a hub reckons from a whole log when it has nothing else: how far each device's chain and the digest of the order have come, from one end of the log to a later one.
struct MarksPiece: Equatable {
    /// A device's chain: where it stands, and its marks since the piece before.
    struct Chain: Equatable {
        let head: ChainHead
        let marks: [Hash256]
    }

    /// Where the log ended.
    let end: CommittedEnd
    /// Of those devices that have gone on.
    let chains: [Chain]
    /// The digests at the multiples of 256 since the piece before.
    let order: [Hash256]
}

/// The `marks` file of a workspace: a derived file (decision 26) that is appended to. Without it, or with one that is damaged or of another log, the log is read.
///
///      0  "SYNCHUBM"
///      8  the log's identity, 16 bytes
///     24  pieces, each going on from the one before:
///         u32 bytes of content, u32 CRC32C of it, continuing that of the piece before (0 before the first)
///         the end: segment and position of the sealed part as varints, its digest; offset (0 without a commit behind), position, and chain of the commit as varints
///         count of devices; of each its id, seq as a varint, hash, count of marks, marks; count of digests of the order, digests
///
/// The last piece is written over until some thousand events have come: a hub that is killed has to read what came since its last group commit. It is never synced but when it is
/// replaced as a whole, and says nothing that `CommittedEnd` does not vouch for; so neither a crash nor a failure in the midst of it is any harm.
final class MarksFile<Storage: Volume> {
    static var fileName: String { "marks" }
    private static var magic: [UInt8] { Array("SYNCHUBM".utf8) }
    private static var headBytes: Int { 24 }

    private let folder: String
    private let volume: Storage
    private var file: Storage.File?
    private var offset = 0
    private var checksum: UInt32 = 0

    init(in folder: String, on volume: Storage) {
        self.folder = folder
        self.volume = volume
    }

    deinit { if let file { volume.close(file) } }

    private var path: String { folder + "/" + Self.fileName }

    // MARK: - Writing

    /// Puts a file in place that has this piece alone.
    func replace(_ log: LogIdentity, by piece: MarksPiece) throws(VolumeError) {
        close()
        let framed = Self.framed(piece, behind: 0)
        try volume.replaceSharedFile(path, in: folder, with: Self.magic + log.bytes + framed.bytes)
        file = try volume.open(path, .readingAndWriting)
        (offset, checksum) = (Self.headBytes + framed.bytes.count, framed.checksum)
    }

    /// Writes a piece behind those that are settled.
    ///
    /// - Parameter isSettled: whether the next one comes behind it, or in its place.
    func write(_ piece: MarksPiece, isSettled: Bool) throws(VolumeError) {
        if file == nil { file = try volume.open(path, .readingAndWriting) }
        guard let file else { return }
        let framed = Self.framed(piece, behind: checksum)
        try volume.writeWhole(file, at: offset, framed.bytes)
        if isSettled { (offset, checksum) = (offset + framed.bytes.count, framed.checksum) }
    }

    private func close() {
        if let file { volume.close(file) }
        file = nil
    }

    private static func framed(_ piece: MarksPiece, behind checksum: UInt32) -> (bytes: [UInt8], checksum: UInt32) {
        let content = piece.content
        var sum = Checksum(continuing: checksum)
        sum.add(content)
        let head = [UInt32(content.count), sum.value].flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        return (head + content, sum.value)
    }

    // MARK: - Reading

    /// The pieces up to the last one of which `isGood` holds; what comes behind it is written over by the next. None where there is no file of this log.
    func pieces<Failure: Error>(
        of log: LogIdentity, upToLast isGood: (MarksPiece) throws(Failure) -> Bool
    ) throws(Failure) -> [MarksPiece] {
        guard let bytes = try? volume.wholeFile(path), bytes.starts(with: Self.magic + log.bytes) else { return [] }
        var found = Self.pieces(in: bytes)
        while let last = found.last, try !isGood(last.piece) { found.removeLast() }
        if let last = found.last { (offset, checksum) = (last.offset, last.checksum) }
        return found.map(\.piece)
    }

    /// Each whole piece, where it ends and with which checksum.
    private static func pieces(in bytes: [UInt8]) -> [(piece: MarksPiece, offset: Int, checksum: UInt32)] {
        bytes.withUnsafeBytes { bytes in
            var (found, offset, sum) = ([(MarksPiece, Int, UInt32)](), headBytes, Checksum())
            while bytes.count - offset > 8 {
                let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                let wanted = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                let start = offset + 8
                guard count > 0, count <= bytes.count - start else { break }
                let content = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
                sum.add(content)
                guard sum.value == wanted, let piece = MarksPiece(content) else { break }
                offset = start + count
                found.append((piece, offset, sum.value))
            }
            return found
        }
    }
}

/// Whose marks a file has: sixteen bytes.
struct LogIdentity {
    let bytes: [UInt8]

    init(_ id: StoreID) { bytes = [id.high, id.low].reduce(into: []) { $0.append(bigEndian: $1) } }
}

extension MarksPiece {
    fileprivate var content: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + chains.reduce(order.count) { $0 + $1.marks.count + 2 } * Hash256.sizeBytes)
        bytes.append(end)
        bytes.appendVarint(chains.count)
        for chain in chains {
            bytes += chain.head.dot.device.bytes
            bytes.appendVarint(chain.head.dot.seq)
            bytes += chain.head.hash.bytes
            bytes.append(chain.marks)
        }
        bytes.append(order)
        return bytes
    }

    /// nil unless it is one from its first byte to its last.
    fileprivate init?(_ content: UnsafeRawBufferPointer) {
        var cursor = ByteCursor(content)
        do throws(BlockError) { self = try Self(&cursor) } catch { return nil }
        guard cursor.isAtEnd else { return nil }
    }

    private init(_ cursor: inout ByteCursor) throws(BlockError) {
        end = try CommittedEnd(&cursor)
        var chains: [Chain] = []
        for _ in 0..<(try cursor.count(unitBytes: 16 + Hash256.sizeBytes)) {
            let device = DeviceID(bytes: try cursor.take(16))
            let dot = Dot(device: device, seq: try cursor.varint())
            let head = ChainHead(dot: dot, hash: Hash256(raw: try cursor.take(Hash256.sizeBytes)))
            chains.append(Chain(head: head, marks: try cursor.hashes()))
        }
        self.chains = chains
        order = try cursor.hashes()
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ hashes: [Hash256]) {
        appendVarint(hashes.count)
        for hash in hashes { self += hash.bytes }
    }
}

extension ByteCursor {
    fileprivate mutating func hashes() throws(BlockError) -> [Hash256] {
        let count = try count(unitBytes: Hash256.sizeBytes)
        var hashes: [Hash256] = []
        hashes.reserveCapacity(count)
        for _ in 0..<count { hashes.append(Hash256(raw: try take(Hash256.sizeBytes))) }
        return hashes
    }
}
