package import EventCore
internal import LogStore

/// The audit trail: events with what they changed.
extension Replica {
    /// Calls `body` with the entries of a record that pass, oldest or newest first, until it returns false; with a limit only with the newest so many.
    ///
    /// - Throws: `.unknownRecord`, or what `body` throws.
    package func audit(
        of key: RecordKey, _ filter: AuditFilter, limit: Int?, newestFirst: Bool, _ body: (AuditEntry) throws -> Bool
    ) throws {
        if limit == nil && !newestFirst { return try auditPass(of: key, filter, body) }
        guard let past = try RecordPast(self, key) else { throw ReplicaError.unknownRecord(key) }
        var (number, left) = (0, limit ?? .max)
        var passing: [Int] = []
        while left > 0, try past.has(number) {
            if filter.passes(past.row(number)) {
                left -= 1
                if newestFirst {
                    guard try body(try auditEntry(number, in: past)) else { return }
                } else {
                    passing.append(number)
                }
            }
            number += 1
        }
        for number in passing.reversed() { guard try body(try auditEntry(number, in: past)) else { return } }
    }

    /// All entries of a record, oldest first: each event is read once, and handed on at once.
    private func auditPass(of key: RecordKey, _ filter: AuditFilter, _ body: (AuditEntry) throws -> Bool) throws {
        var rest = try positions(of: key)
        guard !rest.isEmpty else { throw ReplicaError.unknownRecord(key) }
        var fold = FieldFold()
        while let first = rest.last {
            let block = try block(containing: first)
            var positions: [Position] = []
            while let next = rest.last, block.contains(next) { positions.append(rest.removeLast()) }
            for (position, row) in zip(positions, try rows(at: positions[...], in: block)) {
                let isWanted = filter.passes(row)
                let changes = isWanted && row.coversAll ? AuditEntry.changes(by: row, in: fold) : nil
                fold.apply(row)
                guard isWanted else { continue }
                let entry =
                    if let changes {
                        AuditEntry(position: position, row: row, changes: changes, leavesConflict: fold.isContested)
                    } else {
                        try auditEntry(LoggedRow(position: position, row: row))
                    }
                guard try body(entry) else { return }
            }
        }
    }

    /// The same for the whole log. Oldest first it is one pass, with the memory of a second table; newest first, or the newest few, are looked up one by one.
    package func audit(
        _ filter: AuditFilter, limit: Int?, newestFirst: Bool, _ body: (AuditEntry) throws -> Bool
    ) throws {
        if newestFirst {
            var left = limit ?? Int.max
            try stepsBackwards(filter) { step in
                guard left > 0 else { return false }
                guard filter.passes(step.row) else { return true }
                left -= 1
                return try body(try auditEntry(step))
            }
            return
        }
        guard let limit else { return try auditPass(filter, from: Position(0), body) }
        var steps: [LoggedRow] = []
        try stepsBackwards(filter) { step in
            if steps.count < limit && filter.passes(step.row) { steps.append(step) }
            return steps.count < limit
        }
        if steps.count > Self.oneByOneLimit, let first = steps.last { return try auditPass(filter, from: first.position, body) }
        try hand(steps, newestFirst: false, body)
    }

    /// Entries looked up one by one; `steps` come newest first.
    private func hand(_ steps: [LoggedRow], newestFirst: Bool, _ body: (AuditEntry) throws -> Bool) throws {
        for step in newestFirst ? steps : steps.reversed() { guard try body(try auditEntry(step)) else { return } }
    }

    /// Beyond so many entries one pass over the log is faster.
    private static var oneByOneLimit: Int { 2000 }

    /// The log's events that may pass, from its end on: blocks that hold none are passed over, and those without an event of the device that is wanted not even read.
    private func stepsBackwards(_ filter: AuditFilter, _ body: (LoggedRow) throws -> Bool) throws {
        var end = self.end
        while end.index > 0, let block = try block(before: end, filter) {
            end = block.first
            let mayPass = try block.withTypedBytes { (bytes) throws(ReplicaError) -> Bool in
                try Self.naming(block.first) { () throws(BlockError) in try BlockGlance(block.header, bytes) }.map(filter.mayPass) ?? true
            }
            guard mayPass else { continue }
            for (index, row) in try rows(of: block).enumerated().reversed() {
                guard try body(LoggedRow(position: Position(block.first.index + UInt64(index)), row: row)) else { return }
            }
        }
    }

    private func block(before end: Position, _ filter: AuditFilter) throws(ReplicaError) -> StoredBlock? {
        guard let device = filter.device else { return try block(containing: Position(end.index - 1)) }
        do throws(LogError) { return try log.newestBlock(before: end, holdingEventsOf: device) } catch { throw .log(error) }
    }

    /// Entries from `first` on, oldest first: folds the log block by block, and says of each event what its record was before it.
    private func auditPass(_ filter: AuditFilter, from first: Position, _ body: (AuditEntry) throws -> Bool) throws {
        let cursor = try Self.blocks(of: log)
        var table = RecordTable(expectedEvents: log.end.index)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            if block.first.index + UInt64(block.header.count) > first.index {
                let rows = try Self.rows(in: block.header, block.first, block.bytes)
                var folds: [RecordKey: FieldFold] = [:]
                for (index, row) in rows.enumerated() {
                    let step = LoggedRow(position: Position(block.first.index + UInt64(index)), row: row)
                    var fold = try folds.removeValue(forKey: row.key) ?? FieldFold(try Self.record(row.key, in: table))
                    let isWanted = step.position >= first && filter.passes(row)
                    let isAlone = row.coversAll || fold.isEmpty
                    let changes = isWanted && isAlone ? AuditEntry.changes(by: row, in: fold) : nil
                    fold.apply(row)
                    let isContested = isWanted && fold.isContested
                    folds[row.key] = fold
                    guard isWanted else { continue }
                    let entry =
                        if let changes {
                            AuditEntry(position: step.position, row: row, changes: changes, leavesConflict: isContested)
                        } else {
                            try auditEntry(step)
                        }
                    guard try body(entry) else { return }
                }
            }
            try Self.naming(block.first) { () throws(BlockError) in try table.fold(block.header, block.bytes) }
        }
    }

    private static func record(_ key: RecordKey, in table: borrowing RecordTable) throws -> Record? {
        guard let place = try table.place(of: key) else { return nil }
        return try table.record(at: place)
    }
}
