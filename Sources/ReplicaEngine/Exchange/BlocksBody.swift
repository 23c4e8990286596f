package import EventCore
internal import LogStore

/// The body `application/vnd.syncline.blocks`: what JSON has beside the events, then packed blocks as they lie in a log.
///
///     0  u32 length    bytes of the JSON object, little-endian
///     4  JSON          an object
///        blocks        packed, one behind the other
///
/// Most contexts in them say "the clock of this record": whoever gets them can take them in where the records are as they were before them (`BlockIntake`), and asks for events
/// (`ExchangeBody`) elsewhere.
package struct BlocksBody: Sendable {
    package static let mediaType = "application/vnd.syncline.blocks"

    package let object: JSONValue
    /// How many events the blocks hold.
    package let eventCount: Int
    /// The body, with readable bytes behind it.
    private let bytes: [UInt8]
    private let blocks: [Range<Int>]

    package static func bytes(object: [UInt8], blocks: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + object.count + blocks.count)
        withUnsafeBytes(of: UInt32(object.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += object
        bytes += blocks
        return bytes
    }

    /// What a body says; nil when it is none.
    package init?(_ body: [UInt8]) {
        guard body.count >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(body[$1]) << (8 * $1) }
        guard body.count >= 4 + length, let object = try? JSONValue(json: body[4..<(4 + length)]), object.members != nil else { return nil }
        var (blocks, count, offset) = ([Range<Int>](), 0, 4 + length)
        while offset < body.count {
            let header = body.withUnsafeBytes { try? BlockHeader(checking: UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            guard let header, header.kind == .events, header.encoding == .packed else { return nil }
            blocks.append(offset..<(offset + header.blockBytes))
            count += Int(header.count)
            offset += header.blockBytes
        }
        self.object = object
        self.blocks = blocks
        eventCount = count
        bytes = body + [UInt8](repeating: 0, count: RecordTable.slackBytes)
    }

    package var blockCount: Int { blocks.count }

    /// The highest event of each device.
    package var covers: VersionVector {
        VersionVector(blocks.indices.flatMap { authors($0) }.map { Dot(device: $0.device, seq: $0.last) })
    }

    /// Calls `body` with a block and the readable bytes behind it.
    package func withBlock<Value>(
        _ number: Int, _ body: (UnsafeRawBufferPointer) throws(ReplicaError) -> Value
    ) throws(ReplicaError) -> Value {
        let (range, bytes) = (blocks[number], bytes)
        return try bytes.withUnsafeBytes { all -> Result<Value, ReplicaError> in
            let block = UnsafeRawBufferPointer(rebasing: all[range.lowerBound..<(range.upperBound + RecordTable.slackBytes)])
            do throws(ReplicaError) { return .success(try body(block)) } catch { return .failure(error) }
        }.get()
    }

    /// The devices whose events a block holds, each with its first and last seq; empty for what is no block.
    package func authors(_ number: Int) -> [DeviceRange] {
        bytes.withUnsafeBytes { all in
            (try? BlockReader(UnsafeRawBufferPointer(rebasing: all[blocks[number]])))?.authors ?? []
        }
    }
}

/// Packed blocks of a log that follow each other.
package struct PackedRun: Sendable {
    package var bytes: [UInt8] = []
    /// Behind the last.
    package fileprivate(set) var end: Position
    /// For each block its devices, each with its first and last seq.
    package fileprivate(set) var authors: [[DeviceRange]] = []

    /// The last event of each device.
    package var covers: VersionVector { VersionVector(authors.joined().map { Dot(device: $0.device, seq: $0.last) }) }
}

extension Replica {
    /// The packed blocks from `position` on, as they lie in the log: none where an event at `position` does not begin one.
    ///
    /// - Parameters:
    ///   - limit: no block goes beyond.
    ///   - limitBytes: nor are there more bytes, but for the first block.
    ///   - isWanted: asked for each block in order; false ends the run before it. nil wants all, and authors are not looked for.
    package func packedBlocks(
        from position: Position, upTo limit: Position, limitBytes: Int, isWanted: (([DeviceRange]) -> Bool)? = nil
    ) throws(ReplicaError) -> PackedRun {
        var run = PackedRun(end: position)
        while run.end < limit, let block = try storedBlock(containing: run.end), block.header.encoding == .packed {
            let end = Position(block.first.index + UInt64(block.header.count))
            guard block.first == run.end, end <= limit, run.bytes.isEmpty || run.bytes.count + block.header.blockBytes <= limitBytes else {
                break
            }
            if let isWanted {
                let authors = block.withBytes { (try? BlockReader(block.header, $0))?.authors ?? [] }
                guard isWanted(authors) else { break }
                run.authors.append(authors)
            }
            run.bytes += block.paddedBytes[..<block.header.blockBytes]
            run.end = end
        }
        return run
    }
}
