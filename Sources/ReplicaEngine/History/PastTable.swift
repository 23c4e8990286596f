internal import EventCore
internal import LogStore

/// All records as they were, from one pass over the log.
struct PastTable: ~Copyable {
    private(set) var table: RecordTable
    /// Packs events for the fold where not all of a block's count.
    private var builder = BlockBuilder()
    /// Events that do not count, by their record.
    private var late: [RecordKey: [Dot]] = [:]

    private init(_ size: RecordTable.Size, expectedEvents: UInt64) { table = RecordTable(size, expectedEvents: expectedEvents) }

    /// After the log's first events.
    ///
    /// - Parameter progress: told for each block how many events of how many are folded.
    init<Storage: Volume>(
        _ log: EventLog<Storage>, at position: Position, _ progress: (Int, Int) -> Void
    ) throws(ReplicaError) {
        self.init(.store, expectedEvents: position.index)
        let cursor = try Replica.blocks(of: log)
        while table.eventCount < position.index, let block = try Replica.next(cursor) {
            guard block.header.kind == .events else { continue }
            let limit = UInt32(position.index) - table.eventCount
            try Replica<Storage>.naming(block.first) { () throws(BlockError) in
                try table.fold(block.header, block.bytes, limit: limit)
            }
            progress(Int(table.eventCount), Int(position.index))
        }
    }

    /// After the events whose time, and that of all they cover, is not later.
    ///
    /// Blocks are folded as they are up to the first late event. What lies behind is looked at event by event, but for blocks of which all is late: these are
    /// looked at only when something that is not comes behind them.
    init<Storage: Volume>(
        _ log: EventLog<Storage>, notLaterThan milliseconds: UInt64, _ progress: (Int, Int) -> Void
    ) throws(ReplicaError) {
        self.init(.past, expectedEvents: log.end.index)
        let cursor = try Replica.blocks(of: log)
        var passedOver: [Position] = []
        var isBehindLate = false
        while let block = try Replica.next(cursor) {
            guard block.header.kind == .events else { continue }
            progress(Int(block.first.index), Int(log.end.index))
            let lateness = try Replica<Storage>.naming(block.first) { () throws(BlockError) in try Self.lateness(block, milliseconds) }
            if lateness == .none && !isBehindLate {
                try Replica<Storage>.naming(block.first) { () throws(BlockError) in try table.fold(block.header, block.bytes) }
                continue
            }
            isBehindLate = true
            if lateness == .all {
                passedOver.append(block.first)
                continue
            }
            for position in passedOver { try add(blockOf: log, at: position, milliseconds) }
            passedOver = []
            try Replica<Storage>.naming(block.first) { () throws(BlockError) in try add(block.header, block.bytes, milliseconds) }
        }
        try Replica<Storage>.naming(log.end) { () throws(BlockError) in try foldBuilt() }
    }

    private mutating func add<Storage: Volume>(
        blockOf log: EventLog<Storage>, at position: Position, _ milliseconds: UInt64
    ) throws(ReplicaError) {
        let block = try Replica.block(of: log, containing: position)
        let result = block.withBytes { bytes in
            Result { () throws(BlockError) in try add(block.header, bytes, milliseconds) }
        }
        try Replica<Storage>.naming(position, result.get)
    }

    private enum Lateness { case none, some, all }

    private static func lateness(_ block: BlockView, _ milliseconds: UInt64) throws(BlockError) -> Lateness {
        var reader = try BlockReader(block.header, block.bytes)
        var (hasLate, hasEarly) = (false, false)
        while let stamp = try reader.skipStamped(), !(hasLate && hasEarly) {
            if stamp.time.milliseconds > milliseconds { hasLate = true } else { hasEarly = true }
        }
        return hasLate ? (hasEarly ? .some : .all) : .none
    }

    /// Takes in those events of a block that count.
    private mutating func add(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, _ milliseconds: UInt64) throws(BlockError) {
        var reader = try BlockReader(header, bytes)
        while let row = try reader.next() {
            guard row.time.milliseconds <= milliseconds, !isBehindLate(row) else {
                late[row.key, default: []].append(row.dot)
                continue
            }
            // A context that stands for all that the record had still does: none of that is late.
            do throws(EventError) { builder.append(try row.event(context: VersionVector()), context: row.context) } catch {
                throw .malformed(offset: 0)
            }
            if builder.isFull { try foldBuilt() }
        }
    }

    private func isBehindLate(_ row: BlockReader.Row) -> Bool {
        guard let late = late[row.key] else { return false }
        switch row.context {
        case .heads: return true
        case .whole(let context): return late.contains { context.covers($0) }
        }
    }

    private mutating func foldBuilt() throws(BlockError) {
        guard builder.count > 0 else { return }
        let padded = builder.finish() + [UInt8](repeating: 0, count: RecordTable.slackBytes)
        builder = BlockBuilder()
        try padded.withUnsafeBytes { bytes in
            Result { () throws(BlockError) in try table.fold(try BlockHeader(checking: bytes), bytes) }
        }.get()
    }
}
