package import EventCore
package import LogStore

/// Reads a log's events in pieces, from a position on, with their whole contexts.
///
/// A value: it holds no file and stays good when the store is written to. It keeps the clock of each record of which it had to know it; one that begins behind the
/// log's start asks for those, all of a piece at once: so a large piece costs less than many small ones.
package struct EventReader {
    /// The event that comes next.
    package private(set) var position: Position
    /// Of records, their clocks before `position`.
    private var clocks: [RecordKey: VersionVector] = [:]
    /// Whether a record without a clock has none yet.
    private var isFromStart: Bool

    package init(from position: Position) {
        self.position = position
        isFromStart = position == Position(0)
    }

    /// For how many records it keeps a clock.
    package var recordCount: Int { clocks.count }

    /// The next events, whole blocks of them: none at the end of the log, and about `limit` at most.
    ///
    /// - Parameter device: its events alone.
    package mutating func next<Storage: Volume>(
        _ limit: Int, by device: DeviceID? = nil, of replica: Replica<Storage>
    ) throws(ReplicaError) -> [LoggedEvent] {
        var found: [LoggedEvent] = []
        while found.isEmpty, case let rows = try rows(limit, by: device, of: replica), !rows.isEmpty {
            if !isFromStart { try learnClocks(for: rows, by: device, of: replica) }
            for logged in rows { if let event = try event(of: logged, by: device) { found.append(event) } }
        }
        return found
    }

    /// Moves on to behind the rows.
    private mutating func rows<Storage: Volume>(
        _ limit: Int, by device: DeviceID?, of replica: Replica<Storage>
    ) throws(ReplicaError) -> [LoggedRow] {
        let search = device.map { BlockSearch(AuditFilter(of: $0)) }
        var found: [LoggedRow] = []
        while found.count < limit, let block = try replica.storedBlock(containing: position) {
            if let search, try search.numbers(in: block).isEmpty {
                guard found.isEmpty else { break }
                // What is known of clocks ends here.
                (clocks, isFromStart) = ([:], false)
            } else {
                let positions = (0..<UInt64(block.header.count)).map { Position(block.first.index + $0) }
                for (at, row) in zip(positions, try replica.rows(of: block)) where at >= position {
                    found.append(LoggedRow(position: at, row: row))
                }
            }
            position = Position(block.first.index + UInt64(block.header.count))
        }
        return found
    }

    /// The event of a row that comes next, unless it is another device's; the clock of its record, where it is kept, moves on.
    private mutating func event(of logged: LoggedRow, by device: DeviceID?) throws(ReplicaError) -> LoggedEvent? {
        let row = logged.row
        let isKept = isFromStart || clocks[row.key] != nil
        guard device == nil || row.dot.device == device else {
            guard isKept else { return nil }
            if case .whole(let context) = row.context { clocks[row.key, default: VersionVector()].join(context) }
            clocks[row.key, default: VersionVector()].advance(to: row.dot)
            return nil
        }
        if isKept { return try logged.event(clock: &clocks[row.key, default: VersionVector()]) }
        var unkept = VersionVector()
        return try logged.event(clock: &unkept)
    }

    /// Asks for the clocks of those records of which some row's context says no more than that it is the record's.
    private mutating func learnClocks<Storage: Volume>(
        for rows: [LoggedRow], by device: DeviceID?, of replica: Replica<Storage>
    ) throws(ReplicaError) {
        var wanted: [(key: RecordKey, position: Position)] = []
        var asked: Set<RecordKey> = []
        for logged in rows where device == nil || logged.row.dot.device == device {
            guard case .heads = logged.row.context, clocks[logged.row.key] == nil, asked.insert(logged.row.key).inserted else { continue }
            wanted.append((logged.row.key, logged.position))
        }
        for (record, clock) in zip(wanted, try replica.clocks(before: wanted)) { clocks[record.key] = clock }
    }
}

extension Replica {
    /// The block that holds an event; nil behind the log's end.
    func storedBlock(containing position: Position) throws(ReplicaError) -> StoredBlock? {
        do throws(LogError) { return try log.block(containing: position) } catch { throw .log(error) }
    }
}

extension BlockSearch {
    /// The numbers in it of a block's events that pass, ascending.
    func numbers(in block: StoredBlock) throws(ReplicaError) -> [Int] {
        try block.withTypedBytes { (bytes) throws(ReplicaError) in
            do throws(BlockError) { return try numbers(in: block.header, bytes) } catch { throw .malformedBlock(at: block.first) }
        }
    }
}
