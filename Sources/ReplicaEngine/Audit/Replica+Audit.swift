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
        var (start, left, size) = (0, limit ?? .max, newestFirst ? Self.firstEntries : .max)
        while true {
            var (end, count) = (start, 0)
            while count < min(size, left), try past.has(end) {
                if filter.passes(past.row(end)) { count += 1 }
                end += 1
            }
            guard count > 0 else { return }
            guard newestFirst else { return try trail(of: past, start..<end, filter, body) }
            var entries: [AuditEntry] = []
            try trail(of: past, start..<end, filter) { entry in
                entries.append(entry)
                return true
            }
            for entry in entries.reversed() { guard try body(entry) else { return } }
            (start, left, size) = (end, left - count, min(2 * size, Self.mostEntries))
        }
    }

    /// Newest first the trail is found in pieces: at first of so few entries, later of as many more each as have been shown.
    private static var firstEntries: Int { 16 }
    private static var mostEntries: Int { 1024 }

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
                guard filter.passes(row) else {
                    fold.apply(row)
                    continue
                }
                let entry = try fold.entry(of: LoggedRow(position: position, row: row)) { () throws(ReplicaError) in
                    (try past(of: key, from: position), 0)
                }
                guard try body(entry) else { return }
            }
        }
    }

    /// The same for the whole log. Oldest first it is one pass, with the memory of a second table; newest first, or the newest few, are looked up one by one.
    package func audit(
        _ filter: AuditFilter, limit: Int?, newestFirst: Bool, _ body: (AuditEntry) throws -> Bool
    ) throws {
        if let collection = filter.collection, !table.collections.names.contains(collection) { return }
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
        guard let limit else { return try auditOnwards(filter, from: savedLogTimes().start(ofPassing: filter), body) }
        var steps: [LoggedRow] = []
        try stepsBackwards(filter) { step in
            if steps.count < limit && filter.passes(step.row) { steps.append(step) }
            return steps.count < limit
        }
        if steps.count > Self.oneByOneLimit, let first = steps.last { return try auditOnwards(filter, from: first.position, body) }
        try hand(steps, body)
    }

    /// Entries from `first` on, oldest first: the first ones looked up one by one, so that they come at once, the rest from one pass over the log.
    private func auditOnwards(_ filter: AuditFilter, from first: Position, _ body: (AuditEntry) throws -> Bool) throws {
        // Records that come often are folded on from where they come for the last time one by one.
        var (folds, counts, count, end) = ([RecordKey: FieldFold](), [RecordKey: Int](), 0, first)
        let most = max(Self.oneByOneLimit, Int(self.end.index) / Self.eventsForOne)
        let last = savedLogTimes().end(ofPassing: filter, before: self.end)
        while end < last, count < most {
            let block = try block(containing: end)
            end = Position(block.first.index + UInt64(block.header.count))
            // What stands behind an entry of its record is folded on.
            guard try !folds.isEmpty || mayPass(filter, block) else { continue }
            if block.first.index == 0 { return try auditPass(filter, from: first, to: last, body) }
            for (index, row) in try rows(of: block).enumerated() {
                let step = LoggedRow(position: Position(block.first.index + UInt64(index)), row: row)
                guard step.position >= first else { continue }
                if var fold = folds.removeValue(forKey: row.key) {
                    defer { folds[row.key] = fold }
                    guard filter.passes(row) else {
                        fold.apply(row)
                        continue
                    }
                    count += 1
                    let entry = try fold.entry(of: step) { () throws(ReplicaError) in (try past(of: row.key, from: step.position), 0) }
                    guard try body(entry) else { return }
                } else if filter.passes(row) {
                    count += 1
                    counts[row.key, default: 0] += 1
                    guard try body(try auditEntry(step)) else { return }
                    guard counts[row.key, default: 0] > Self.fewOfRecord else { continue }
                    folds[row.key] = FieldFold(try BackwardFold(of: .from(0), in: try past(of: row.key, from: step.position)))
                }
            }
        }
        if end < last { try auditPass(filter, from: end, to: last, body) }
    }

    private func mayPass(_ filter: AuditFilter, _ block: StoredBlock) throws(ReplicaError) -> Bool {
        try block.withTypedBytes { (bytes) throws(ReplicaError) -> Bool in
            try Self.naming(block.first) { () throws(BlockError) in try BlockGlance(block.header, bytes) }.map(filter.mayPass) ?? true
        }
    }

    /// Entries of a few events, which come newest first: where several are of one record and not far from each other, by one look at each of that one's events, others one by one.
    private func hand(_ steps: [LoggedRow], _ body: (AuditEntry) throws -> Bool) throws {
        var found: [Position: AuditEntry] = [:]
        for (key, own) in Dictionary(grouping: steps, by: \.row.key) where own.count > Self.fewOfRecord {
            guard let past = try RecordPast(self, key), let oldest = try past.number(of: own[own.count - 1].row.dot),
                oldest < own.count * Self.worthReading
            else { continue }
            let wanted = Set(own.map(\.position))
            for number in 0...oldest { _ = try past.has(number) }
            try trail(of: past, 0..<(oldest + 1), AuditFilter()) { entry in
                if wanted.contains(entry.position) { found[entry.position] = entry }
                return true
            }
        }
        for step in steps.reversed() { guard try body(try found[step.position] ?? auditEntry(step)) else { return } }
    }

    private static var fewOfRecord: Int { 4 }
    /// So many events of a record are read for each that is wanted.
    private static var worthReading: Int { 16 }

    /// Beyond so many entries one pass over the log is faster, or one for so many events of it.
    private static var oneByOneLimit: Int { 2000 }
    private static var eventsForOne: Int { 1000 }

    /// The log's events that may pass, from its end on: blocks that hold none are passed over, and those without an event of the device that is wanted not even read.
    private func stepsBackwards(_ filter: AuditFilter, _ body: (LoggedRow) throws -> Bool) throws {
        let times = savedLogTimes()
        var end = times.end(ofPassing: filter, before: self.end)
        while end.index > 0, let block = try block(before: end, filter) {
            end = times.end(ofPassing: filter, before: block.first)
            guard try mayPass(filter, block) else { continue }
            for (index, row) in try rows(of: block).enumerated().reversed() {
                guard try body(LoggedRow(position: Position(block.first.index + UInt64(index)), row: row)) else { return }
            }
        }
    }

    private func block(before end: Position, _ filter: AuditFilter) throws(ReplicaError) -> StoredBlock? {
        guard let device = filter.device else { return try block(containing: Position(end.index - 1)) }
        do throws(LogError) { return try log.newestBlock(before: end, holdingEventsOf: device) } catch { throw .log(error) }
    }

    /// Entries from `first` on, and before `last`, oldest first: folds the log block by block, and says of each event what its record was before it.
    private func auditPass(_ filter: AuditFilter, from first: Position, to last: Position, _ body: (AuditEntry) throws -> Bool) throws {
        let cursor = try Self.blocks(of: log)
        var table = RecordTable(expectedEvents: log.end.index)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            guard block.first < last else { return }
            if block.first.index + UInt64(block.header.count) > first.index {
                let rows = try Self.rows(in: block.header, block.first, block.bytes)
                var folds: [RecordKey: FieldFold] = [:]
                for (index, row) in rows.enumerated() {
                    let step = LoggedRow(position: Position(block.first.index + UInt64(index)), row: row)
                    var fold = try folds.removeValue(forKey: row.key) ?? FieldFold(try Self.record(row.key, in: table))
                    guard step.position >= first && filter.passes(row) else {
                        fold.apply(row)
                        folds[row.key] = fold
                        continue
                    }
                    let entry = try fold.entry(of: step) { () throws(ReplicaError) in (try past(of: row.key, from: step.position), 0) }
                    folds[row.key] = fold
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
