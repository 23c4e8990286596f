package import EventCore
internal import LogStore

/// The audit trail: events with what they changed.
extension Replica {
    /// Calls `body` with the entries that pass, oldest or newest first, until it returns false; with a limit only with the newest so many.
    ///
    /// The first ones are looked up one by one, so that they come at once. Where many are wanted oldest first, the rest comes from one pass over the log, with the memory of a second table.
    package func audit(
        _ filter: AuditFilter, limit: Int?, newestFirst: Bool, _ body: (AuditEntry) throws -> Bool
    ) throws {
        if let collection = filter.collection, !table.collections.names.contains(collection) { return }
        let search = LogSearch(self, filter)
        guard let limit else {
            if newestFirst { return try search.backwards { try body(try auditEntry($0)) } }
            return try auditOnwards(search, from: search.passing.start(from: Position(0)), body)
        }
        guard limit > 0 else { return }
        if newestFirst {
            var left = limit
            return try search.backwards { step in
                left -= 1
                return try body(try auditEntry(step)) && left > 0
            }
        }
        let (first, count) = limit > Self.oneByOneLimit ? try search.start(ofNewest: limit) : (Position(0), limit)
        if count > Self.oneByOneLimit { return try auditOnwards(search, from: first, body) }
        var steps: [LoggedRow] = []
        try search.backwards { step in
            steps.append(step)
            return steps.count < limit
        }
        try hand(steps, body)
    }

    /// Entries from `first` on, oldest first: the first ones looked up one by one, the rest from one pass over the log.
    private func auditOnwards(_ search: LogSearch<Storage>, from first: Position, _ body: (AuditEntry) throws -> Bool) throws {
        // Records that come often are folded on from where they come for the last time one by one.
        var (folds, counts, count, end) = ([RecordKey: FieldFold](), [RecordKey: Int](), 0, first)
        let most = max(Self.oneByOneLimit, Int(self.end.index) / Self.eventsForOne)
        let last = search.passing.end(before: self.end)
        while end < last, count < most {
            let next = search.passing.start(from: end)
            if next > end, folds.isEmpty || next.index - end.index > Self.farEvents {
                (folds, end) = ([:], next)
                continue
            }
            let block = try block(containing: end)
            end = Position(block.first.index + UInt64(block.header.count))
            // What stands behind an entry of its record is folded on.
            let positions = try search.positions(in: block)
            guard !folds.isEmpty || !positions.isEmpty else { continue }
            if block.first.index == 0 { return try auditPass(search, from: first, to: last, body) }
            for (number, row) in try rows(of: block).enumerated() {
                let position = Position(block.first.index + UInt64(number))
                guard position >= first else { continue }
                let step = LoggedRow(position: position, row: row)
                if var fold = folds.removeValue(forKey: row.key) {
                    defer { folds[row.key] = fold }
                    guard search.filter.passes(row) else {
                        fold.apply(row)
                        continue
                    }
                    count += 1
                    let entry = try fold.entry(of: step) { () throws(ReplicaError) in (try past(of: row.key, from: position), 0) }
                    guard try body(entry) else { return }
                } else if search.filter.passes(row) {
                    count += 1
                    counts[row.key, default: 0] += 1
                    guard try body(try auditEntry(step)) else { return }
                    guard counts[row.key, default: 0] > Self.fewOfRecord else { continue }
                    folds[row.key] = FieldFold(try BackwardFold(of: .from(0), in: try past(of: row.key, from: position)))
                }
            }
        }
        if end < last { try auditPass(search, from: end, to: last, body) }
    }

    /// Beyond so many events without one that passes it is faster to begin anew behind them.
    private static var farEvents: UInt64 { 10_000 }

    /// Entries of a few events, which come newest first.
    private func hand(_ steps: [LoggedRow], _ body: (AuditEntry) throws -> Bool) throws {
        // Few are looked up before the first is handed on.
        var (rest, size) = (steps[...], Self.firstEntries)
        while !rest.isEmpty {
            let entries = try auditEntries(rest.suffix(size))
            for entry in entries { guard try body(entry) else { return } }
            rest = rest.dropLast(size)
            size = min(2 * size, Self.mostEntries)
        }
    }

    /// The entries of these events, which come newest first, oldest first: where several are of one record and not far from each other, by one look at each of that one's events, others one by one.
    private func auditEntries(_ steps: ArraySlice<LoggedRow>) throws -> [AuditEntry] {
        var found: [Position: AuditEntry] = [:]
        for (key, own) in Dictionary(grouping: steps, by: \.row.key) where own.count > Self.fewOfRecord {
            let past = try RecordPast(self, key, near: own[0].position)
            guard let newest = try past.number(at: own[0].position), let oldest = try past.number(at: own[own.count - 1].position),
                oldest - newest < own.count * Self.worthReading
            else { continue }
            let wanted = Set(try own.compactMap { try past.number(at: $0.position) })
            _ = try trail(of: past, newest..<(oldest + 1), wanted) { entry in
                found[entry.position] = entry
                return true
            }
        }
        return try steps.reversed().map { try found[$0.position] ?? auditEntry($0) }
    }

    /// Where few are looked up before the first is handed on: at first so few, later as many more each as have been.
    static var firstEntries: Int { 16 }
    static var mostEntries: Int { 1024 }

    private static var fewOfRecord: Int { 4 }
    /// So many events of a record are read for each that is wanted.
    static var worthReading: Int { 16 }

    /// Beyond so many entries one pass over the log is faster, or one for so many events of it.
    private static var oneByOneLimit: Int { 2000 }
    private static var eventsForOne: Int { 1000 }

    /// Entries from `first` on, and before `last`, oldest first: folds the log block by block, and says of each event what its record was before it.
    private func auditPass(
        _ search: LogSearch<Storage>, from first: Position, to last: Position, _ body: (AuditEntry) throws -> Bool
    ) throws {
        let cursor = try Self.blocks(of: log)
        var table = RecordTable(expectedEvents: log.end.index)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            guard block.first < last else { return }
            if block.first.index + UInt64(block.header.count) > first.index {
                let positions = try search.positions(in: block.header, block.first, block.bytes).filter { $0 >= first }
                let passing = Set(positions)
                var folds: [RecordKey: FieldFold] = [:]
                for step in try search.steps(toward: positions, in: block) {
                    var fold = try folds.removeValue(forKey: step.row.key) ?? FieldFold(try Self.record(step.row.key, in: table))
                    defer { folds[step.row.key] = fold }
                    guard passing.contains(step.position) else {
                        fold.apply(step.row)
                        continue
                    }
                    let entry = try fold.entry(of: step) { () throws(ReplicaError) in (try past(of: step.row.key, from: step.position), 0) }
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
