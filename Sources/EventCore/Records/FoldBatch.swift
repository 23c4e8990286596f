/// Several blocks that are folded together, so that two threads can share the work: decoding block by block, applying record by record.
///
/// Events of different records never touch each other, so each thread applies those of its half of the index, in the order of the log.
/// The steps, for each batch: `add` blocks (one thread), `decode` each (any thread, also while others are added), `admit` (one thread),
/// `apply` each half (two threads, or one), `finish` (one thread).
package final class FoldBatch: @unchecked Sendable {
    /// A block's bytes and what was made of them.
    private struct Part: ~Copyable {
        var bytes = Scratch<UInt8>()
        var header: BlockHeader?
        var namesEnd = 0
        var error: BlockError?
    }

    /// How many blocks a batch takes.
    package static let limit = 8

    private let parts = UnsafeMutablePointer<Part>.allocate(capacity: FoldBatch.limit)
    private let blocks = UnsafeMutablePointer<DecodedBlock>.allocate(capacity: FoldBatch.limit)
    private let lanes = UnsafeMutablePointer<FoldLane>.allocate(capacity: 2)
    /// The first block that did not fit, by half.
    private var failed: (Int?, Int?)
    /// By lane and event of the batch: the link into its record's history; 0 for the other lane's events.
    private let links = UnsafeMutablePointer<Scratch<UInt32>>.allocate(capacity: 2)
    private var firstPosition: UInt32 = 0
    private var rowCount = 0
    /// How many blocks have been added.
    package private(set) var count = 0

    package init() {
        for part in 0..<Self.limit {
            (parts + part).initialize(to: Part())
            (blocks + part).initialize(to: DecodedBlock())
        }
        for lane in 0..<2 { (links + lane).initialize(to: Scratch()) }
    }

    deinit {
        parts.deinitialize(count: Self.limit)
        parts.deallocate()
        blocks.deinitialize(count: Self.limit)
        blocks.deallocate()
        lanes.deallocate()
        links.deinitialize(count: 2)
        links.deallocate()
    }

    /// Copies a block of events whose checksum has been checked, and maps its names.
    ///
    /// - Throws: `.malformed`.
    package func add(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, to table: inout RecordTable) throws(BlockError) {
        precondition(header.kind == .events && count < Self.limit)
        let part = parts + count
        part.pointee.bytes.reserve(header.blockBytes + RecordTable.slackBytes)
        let copy = UnsafeMutableRawBufferPointer(start: part.pointee.bytes.base, count: header.blockBytes)
        copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<header.blockBytes]))
        part.pointee.header = header
        part.pointee.error = nil
        blocks[count].begin(isShared: true)
        part.pointee.namesEnd = try table.mapNames(header, UnsafeRawBufferPointer(copy), into: blocks + count)
        count += 1
    }

    /// Decodes a block that has been added. What is wrong with it is said by `admit`.
    package func decode(_ number: Int) {
        let part = parts + number
        guard let header = part.pointee.header else { return }
        let bytes = UnsafeRawBufferPointer(start: part.pointee.bytes.base, count: header.blockBytes)
        do throws(BlockError) {
            try RecordTable.decode(header, bytes, part.pointee.namesEnd, .max, into: blocks + number)
        } catch { part.pointee.error = error }
    }

    /// Checks that the events go on where the table ends, and makes room for them.
    ///
    /// - Throws: which block is not well-formed, and what is wrong.
    package func admit(to table: inout RecordTable) throws(FoldBatchError) {
        var halfCounts = (0, 0)
        (firstPosition, rowCount) = (table.eventCount, 0)
        for number in 0..<count {
            do throws(BlockError) {
                if let error = parts[number].error { throw error }
                try table.admit(blocks + number)
            } catch { throw FoldBatchError(block: number, error: error) }
            halfCounts.0 += blocks[number].halfCounts.0
            halfCounts.1 += blocks[number].halfCounts.1
            rowCount += blocks[number].rowCount
        }
        table.makeRoom(halfCounts: halfCounts)
        for lane in 0..<2 { (lanes + lane).initialize(to: table.lane(lane)) }
        for lane in 0..<2 {
            links[lane].reserve(rowCount)
            lanes[lane].links = UnsafeMutableRawPointer(links[lane].base) - Int(firstPosition) * MemoryLayout<UInt32>.stride
        }
        failed = (nil, nil)
    }

    /// Applies the events of the records in one half of the index.
    package func apply(half: Int) {
        links[half].base.initialize(repeating: 0, count: rowCount)
        for number in 0..<count {
            lanes[half].findKeys(blocks[number], half)
            guard lanes[half].apply(blocks[number], half) else {
                if half == 0 { failed.0 = number } else { failed.1 = number }
                return
            }
        }
    }

    /// Gives the memory back to the table and begins another batch.
    ///
    /// - Throws: when an event did not fit the table, which then is of no use.
    package func finish(_ table: inout RecordTable) throws(FoldBatchError) {
        for lane in 0..<2 { table.takeBack((lanes + lane).move(), lane) }
        table.setLinks(from: firstPosition, rowCount, links[0].base, links[1].base)
        count = 0
        if let block = [failed.0, failed.1].compactMap(\.self).min() {
            throw FoldBatchError(block: block, error: .malformed(offset: BlockHeader.sizeBytes))
        }
    }
}

/// What is wrong with a block of a batch.
package struct FoldBatchError: Error {
    package let block: Int
    package let error: BlockError
}
