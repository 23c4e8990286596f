internal import EventCore
internal import LogStore

/// Looks for events of the log that a filter lets through, and reads as little else as it can: stretches that are known to hold none (`LogTimes`) are passed over, of other blocks the columns are read that say it.
struct LogSearch<Storage: Volume> {
    private let replica: Replica<Storage>
    let filter: AuditFilter
    let passing: PassingStretches
    private let search: BlockSearch

    init(_ replica: Replica<Storage>, _ filter: AuditFilter) {
        (self.replica, self.filter) = (replica, filter)
        passing = PassingStretches(filter, in: replica.savedLogTimes())
        search = BlockSearch(filter)
    }

    /// Where a block's events stand that pass, ascending.
    func positions(in block: StoredBlock) throws(ReplicaError) -> [Position] {
        try search.numbers(in: block).map { Position(block.first.index + UInt64($0)) }
    }

    func positions(in header: BlockHeader, _ first: Position, _ bytes: UnsafeRawBufferPointer) throws(ReplicaError) -> [Position] {
        try Replica<Storage>.naming(first) { () throws(BlockError) in
            try search.numbers(in: header, bytes).map { Position(first.index + UInt64($0)) }
        }
    }

    /// The events at these positions of a block, and those of their records that stand there before the last of these, oldest first.
    func steps(toward positions: [Position], in block: BlockView) throws(ReplicaError) -> [LoggedRow] {
        let numbers = positions.map { Int($0.index - block.first.index) }
        let all = try Replica<Storage>.naming(block.first) { () throws(BlockError) in
            try search.numbers(ofRecordsOf: numbers, in: block.header, block.bytes)
        }
        let rows = try Replica<Storage>.rows(at: all, in: block.header, block.first, block.bytes)
        return zip(all, rows).map { LoggedRow(position: Position(block.first.index + UInt64($0)), row: $1) }
    }

    /// Calls `body` with the events that pass, newest first, until it returns false.
    func backwards(_ body: (LoggedRow) throws -> Bool) throws {
        var end = passing.end(before: replica.end)
        while end.index > 0, let block = try block(before: end) {
            let positions = try positions(in: block)
            for (position, row) in zip(positions, try replica.rows(at: positions[...], in: block)).reversed() {
                guard try body(LoggedRow(position: position, row: row)) else { return }
            }
            end = passing.end(before: block.first)
        }
    }

    /// A position from which on just the newest events stand that pass, so many at most, and how many these are. Stretches whose events are counted are not read.
    func start(ofNewest limit: Int) throws(ReplicaError) -> (position: Position, count: Int) {
        var (end, left) = (passing.end(before: replica.end), limit)
        while end.index > 0 {
            if let stretch = passing.stretch(at: Position(end.index - 1)), stretch.end == end, stretch.isExact, stretch.most <= left {
                left -= Int(stretch.most)
                end = passing.end(before: stretch.first)
                continue
            }
            guard left > 0, let block = try block(before: end) else { break }
            let positions = try positions(in: block)
            if positions.count >= left { return (positions[positions.count - left], limit) }
            left -= positions.count
            end = passing.end(before: block.first)
        }
        return (end, limit - left)
    }

    /// The block that ends at `end`, or that before it which may hold one that passes.
    private func block(before end: Position) throws(ReplicaError) -> StoredBlock? {
        guard let device = filter.device else { return try replica.block(containing: Position(end.index - 1)) }
        do throws(LogError) { return try replica.log.newestBlock(before: end, holdingEventsOf: device) } catch { throw .log(error) }
    }
}
