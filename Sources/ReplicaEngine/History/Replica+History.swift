package import EventCore
internal import LogStore

/// Reading events back out of the log.
extension Replica {
    /// The events of a record, oldest first, with their whole contexts; none when the record has none.
    ///
    /// In time proportional to the record's events: each costs at most one block.
    package func history(of key: RecordKey) throws(ReplicaError) -> [LoggedEvent] {
        var clock = VersionVector()
        return try history(at: positions(of: key), from: &clock)
    }

    /// The position of the event before this one of its record; nil for the first.
    func position(before position: Position) throws(ReplicaError) -> Position? {
        try reading { (table) throws(CheckpointDamage) in try table.position(before: position) }
    }

    /// Where a record's newest event before `end` stands; nil when it has none there.
    func newestPosition(of key: RecordKey, before end: Position) throws(ReplicaError) -> Position? {
        var next = try place(of: key).map { table.newestPosition(at: $0) }
        while let position = next, position >= end { next = try self.position(before: position) }
        return next
    }

    /// The positions of the record's events, newest first.
    func positions(of key: RecordKey) throws(ReplicaError) -> [Position] {
        try reading { (table) throws(CheckpointDamage) -> [Position] in
            guard let place = try table.place(of: key) else { return [] }
            return try table.history(at: place)
        }
    }

    /// The record's clock; the empty one when it has no event.
    func clock(of key: RecordKey) throws(ReplicaError) -> VersionVector {
        try place(of: key).map { table.clock(at: $0) } ?? VersionVector()
    }

    /// A record's events at these positions of the log, which come newest first; `clock` is the record's before them, and moves on.
    func history(at positions: [Position], from clock: inout VersionVector) throws(ReplicaError) -> [LoggedEvent] {
        try history(at: positions, from: &clock) { (position) throws(ReplicaError) in try self.block(containing: position) }
    }

    /// The same in blocks that `block` finds.
    func history(
        at positions: [Position], from clock: inout VersionVector, block: (Position) throws(ReplicaError) -> StoredBlock
    ) throws(ReplicaError) -> [LoggedEvent] {
        var history: [LoggedEvent] = []
        var positions = Array(positions.reversed())[...]
        while let first = positions.first {
            let block = try block(first)
            let inBlock = positions.prefix { block.contains($0) }
            positions = positions.dropFirst(inBlock.count)
            for (position, row) in zip(inBlock, try rows(at: inBlock, in: block)) {
                history.append(try LoggedRow(position: position, row: row).event(clock: &clock))
            }
        }
        return history
    }

    /// The event `dot`, waiting ones excluded; nil when there is none.
    package func event(_ dot: Dot) throws(ReplicaError) -> LoggedEvent? {
        guard let logged = try row(of: dot) else { return nil }
        let past = try RecordPast(self, logged.row.key, from: logged.position)
        guard try past.has(0) else { return nil }
        return LoggedEvent(position: logged.position, event: try past.event(0))
    }

    /// The row of the event `dot`, waiting ones excluded; nil when there is none. Costs one block, however long its record's history is.
    func row(of dot: Dot) throws(ReplicaError) -> LoggedRow? {
        guard table.appliedSeq(of: dot.device) >= dot.seq else { return nil }
        return try block(covering: dot).flatMap { (block) throws(ReplicaError) in try row(of: dot, in: block) }
    }

    /// The block whose events' range covers `dot`; nil when there is none.
    func block(covering dot: Dot) throws(ReplicaError) -> StoredBlock? {
        let start: Position?
        do throws(LogError) { start = try log.start(ofBlockCovering: dot) } catch { throw .log(error) }
        return try start.map { (start) throws(ReplicaError) in try block(containing: start) }
    }

    /// Calls `body` with each event of the log from `position` on, oldest first, until it returns false.
    ///
    /// Keeps a clock for each record that it meets.
    package func events(
        from position: Position, _ body: (LoggedEvent) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) {
        var clocks: [RecordKey: VersionVector] = [:]
        // Contexts build on what came before, so reading begins at the beginning.
        let cursor = try Self.blocks(of: log)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            for logged in try Self.events(in: block.header, block.first, block.bytes, &clocks) where logged.position >= position {
                guard try body(logged) else { return }
            }
        }
    }

    /// All events in the order of the log, in memory; waiting ones excluded.
    package func allEvents() throws(ReplicaError) -> [Event] {
        var all: [Event] = []
        try events(from: Position(0)) { (logged) throws(ReplicaError) in
            all.append(logged.event)
            return true
        }
        return all
    }

    /// The events of a block of the log; `clocks` are those of records before it, and move on.
    static func events(
        in header: BlockHeader, _ first: Position, _ bytes: UnsafeRawBufferPointer, _ clocks: inout [RecordKey: VersionVector],
        clockBefore: (RecordKey) throws(ReplicaError) -> VersionVector = { _ in VersionVector() }
    ) throws(ReplicaError) -> [LoggedEvent] {
        let rows = try rows(in: header, first, bytes)
        var events: [LoggedEvent] = []
        events.reserveCapacity(rows.count)
        for (index, row) in rows.enumerated() {
            let logged = LoggedRow(position: Position(first.index + UInt64(index)), row: row)
            if clocks[row.key] == nil { clocks[row.key] = try clockBefore(row.key) }
            events.append(try logged.event(clock: &clocks[row.key, default: VersionVector()]))
        }
        return events
    }

    /// The record that the event at `position` changes; nil when the log ends before. Costs at most one block.
    package func key(at position: Position) throws(ReplicaError) -> RecordKey? {
        guard position < end else { return nil }
        return try rows(at: [position], in: try block(containing: position)).first?.key
    }

    /// How many events the record has; 0 for one that is not here.
    package func eventCount(of key: RecordKey) throws(ReplicaError) -> Int { try eventCount(of: key, upTo: .max) ?? 0 }

    /// The same; nil when there are more than `limit`, which takes no longer than to find so many.
    func eventCount(of key: RecordKey, upTo limit: Int) throws(ReplicaError) -> Int? {
        try reading { (table) throws(CheckpointDamage) -> Int? in
            var next = try table.place(of: key).map { table.newestPosition(at: $0) }
            var count = 0
            while let position = next {
                guard count < limit else { return nil }
                count += 1
                next = try table.position(before: position)
            }
            return count
        }
    }

    /// The events that wait for what they build on, sorted by dot.
    package var waitingEvents: [Event] { waiting.sorted }

    // MARK: - Rows

    /// The rows at ascending positions of one block.
    func rows(at positions: ArraySlice<Position>, in block: StoredBlock) throws(ReplicaError) -> [BlockReader.Row] {
        try reading(block) { (reader) throws(BlockError) in
            try Self.rows(at: positions.map { Int($0.index - block.first.index) }, in: &reader)
        }
    }

    /// The rows of the events of these ascending numbers of a block.
    static func rows(
        at numbers: [Int], in header: BlockHeader, _ first: Position, _ bytes: UnsafeRawBufferPointer
    ) throws(ReplicaError) -> [BlockReader.Row] {
        try reading(header, first, bytes) { (reader) throws(BlockError) in try rows(at: numbers, in: &reader) }
    }

    private static func rows(at numbers: [Int], in reader: inout BlockReader) throws(BlockError) -> [BlockReader.Row] {
        var (rows, at) = ([BlockReader.Row](), 0)
        for number in numbers {
            try reader.skip(number - at)
            guard let row = try reader.next() else { preconditionFailure("the block holds these events") }
            rows.append(row)
            at = number + 1
        }
        return rows
    }

    /// All rows of a block.
    func rows(of block: StoredBlock) throws(ReplicaError) -> [BlockReader.Row] {
        try block.withTypedBytes { (bytes) throws(ReplicaError) in try Self.rows(in: block.header, block.first, bytes) }
    }

    static func rows(
        in header: BlockHeader, _ first: Position, _ bytes: UnsafeRawBufferPointer
    ) throws(ReplicaError) -> [BlockReader.Row] {
        try reading(header, first, bytes) { (reader) throws(BlockError) in
            var rows: [BlockReader.Row] = []
            while let row = try reader.next() { rows.append(row) }
            return rows
        }
    }

    /// The row of the event at `position`.
    func row(at position: Position) throws(ReplicaError) -> BlockReader.Row {
        try rows(at: [position], in: try block(containing: position))[0]
    }

    private func row(of dot: Dot, in block: StoredBlock) throws(ReplicaError) -> LoggedRow? {
        try reading(block) { (reader) throws(BlockError) in
            guard let number = try reader.number(of: dot) else { return nil }
            let row = try Self.rows(at: [number], in: &reader)[0]
            return LoggedRow(position: Position(block.first.index + UInt64(number)), row: row)
        }
    }

    func block(containing position: Position) throws(ReplicaError) -> StoredBlock {
        if let block = recentBlocks.block(containing: position) { return block }
        let block = try Self.block(of: log, containing: position)
        recentBlocks.add(block)
        return block
    }

    /// Reads a block's bytes with a reader; what is not well-formed there is named by its position.
    static func reading<Value>(
        _ header: BlockHeader, _ first: Position, _ bytes: UnsafeRawBufferPointer,
        _ body: (inout BlockReader) throws(BlockError) -> Value
    ) throws(ReplicaError) -> Value {
        do throws(BlockError) {
            var reader = try BlockReader(header, bytes)
            return try body(&reader)
        } catch { throw .malformedBlock(at: first) }
    }

    /// The same with a block of the log, which may be open.
    private func reading<Value>(
        _ block: StoredBlock, _ body: (inout BlockReader) throws(BlockError) -> Value
    ) throws(ReplicaError) -> Value {
        guard let open = try recentBlocks.opened(block) else {
            return try block.withTypedBytes { (bytes) throws(ReplicaError) in try Self.reading(block.header, block.first, bytes, body) }
        }
        do throws(BlockError) { return try open.read(body) } catch { throw .malformedBlock(at: block.first) }
    }
}

extension StoredBlock {
    /// Header and payload, for a body that throws this store's errors.
    func withTypedBytes<Value>(_ body: (UnsafeRawBufferPointer) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try withBytes { bytes -> Result<Value, ReplicaError> in
            do throws(ReplicaError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }.get()
    }

    /// Whether the event at `position` is one of the block's.
    func contains(_ position: Position) -> Bool {
        first <= position && position.index < first.index + UInt64(header.count)
    }
}
