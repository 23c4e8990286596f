import EventCore
import LogStore
import ReplicaEngine
import Simulation

/// A store into whose log, behind its back, blocks were put that no store writes: right checksums, wrong words.
struct LyingStore {
    static let device = DeviceID(high: 1, low: 0)
    static let stranger = DeviceID(high: 66, low: 6)
    /// The record that the stranger's events are of.
    static var key: RecordKey { get throws { try RecordKey(collection: Name("notes"), record: Name("r")) } }
    static let lyingEvent = Dot(device: stranger, seq: 1)
    /// Where the first block of a stranger stands.
    static let position = Position(1)

    let volume = FaultyVolume()

    /// One event of the store's own, with a late time, and these blocks.
    init(_ blocks: LogBlock...) throws {
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: SampleStore.folder, on: volume, device: Self.device, name: "a", storeID: StoreID(high: 1, low: 1))
        let key = try RecordKey(collection: Name("own"), record: Name("o"))
        let body = try EventBody.writing(set: [FieldWrite(field: Name("o"), value: FieldValue(integer: 1))])
        _ = try replica.commit([Draft(key: key, body: body)], wall: 1_800_000_000_000)
        try replica.close()
        let log = try EventLog.open(in: SampleStore.folder, on: volume, access: .writing)
        try log.commit(blocks)
        try log.close()
    }

    func open(_ access: LogAccess = .writing) throws -> Replica<FaultyVolume> { try SampleStore.open(volume, access) }

    /// Seals the log; of each block it is said that it has events of these devices.
    func seal(claiming ranges: (_ first: Position) -> [DeviceRange]) throws {
        let log = try EventLog.open(in: SampleStore.folder, on: volume, access: .writing)
        try log.seal { (cursor, store) throws(LogError) in
            while let block = try cursor.next() {
                try store(LogBlock(bytes: Array(block.bytes[..<block.header.blockBytes]), ranges: ranges(block.first)))
            }
        }
        try log.close()
    }

    /// Seals the log as one packed block, of which it is said that it has events of these devices.
    func sealAsOneBlock(claiming ranges: [DeviceRange]) throws {
        let log = try EventLog.open(in: SampleStore.folder, on: volume, access: .writing)
        try log.seal { (cursor, store) throws(LogError) in
            var builder = PackedBlockBuilder()
            while let block = try cursor.next() {
                do throws(BlockError) {
                    var reader = try BlockReader(block.header, block.bytes)
                    while let row = try reader.next() { builder.append(row) }
                } catch { throw .invalidBlock(error) }
            }
            try store(LogBlock(bytes: builder.finish(), ranges: ranges))
        }
        try log.close()
    }

    /// A block of one row, written down byte by byte: the stranger sets the field t of the record. Layout: EventFormat.md, "Rows".
    ///
    /// - Parameters:
    ///   - undoes: whether it undoes itself, although it is an edit.
    ///   - value: tag and payload.
    static func block(
        _ kind: BlockHeader.Kind = .events, seq: UInt64 = 1, undoes: Bool = false, value: [UInt8] = [2 << 5 | 1, 7]
    ) -> LogBlock {
        var bytes = [UInt8](repeating: 0, count: BlockHeader.sizeBytes) + [1] + stranger.bytes
        bytes.appendVarint(seq - 1)
        bytes += [1, 1, 5] + Array("notes".utf8) + [1, 1] + Array("t".utf8)
        // Flags, author 0, 5 ms, no context, collection 0.
        var row: [UInt8] = [undoes ? 1 << 3 : 0, 0, 10, 0, 1] + Array("r".utf8)
        if undoes { row += [4, 0, 1] }
        row += [1, 0] + value
        bytes += [UInt8(row.count)] + row
        BlockHeader.seal(&bytes, kind: kind, encoding: .rows, count: 1)
        return LogBlock(bytes: bytes, ranges: [DeviceRange(device: stranger, first: seq, last: seq)])
    }
}
