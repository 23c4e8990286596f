/// A head that a block builds on, whose context nobody remembers: it is a record's one head, and its writer had seen all that the record had.
package struct ForgottenHead {
    /// Of the block.
    let key: Int
    package let place: RecordTable.Place
    package let position: Position
    package let device: DeviceID
}

/// A record as it stands while a block is looked at that changes it.
struct ForeignRecord: BitwiseCopyable {
    var isLoaded = false
    /// The clock may be more than the join of the heads' contexts and dots.
    var isInexact = false
    /// Heads, the newest event among them.
    var headCount: UInt32 = 0
    var newest = DotPair(device: 0, seq: 0)
    /// What the clock covered of the newest event's device before it, where the newest event had seen the clock; else `unknown`.
    var before = ForeignBlocks.unknown
    /// The clock's entries, sorted by the bytes of devices.
    var clock: UInt32 = 0
    var clockCount: UInt32 = 0
    var clockCapacity: UInt32 = 0
}

/// What contexts say, and whether they are closed.
extension ForeignBlocks {
    /// What an event's writer had seen.
    enum Seen {
        /// All: the record's clock.
        case clock
        /// Nothing, while there is something.
        case nothing
        /// What the record's one head had seen: the clock, but of the head's device only so much.
        case headsContext
    }

    /// Checks the row's context against its record; nil where it is none of the three.
    mutating func seenBy(_ row: DecodedRow, of table: borrowing RecordTable) -> Seen? {
        let number = Int(row.key)
        if !records.base[number].isLoaded { load(number, of: table) }
        let record = records.base[number]
        switch row.form {
        case BlockBuilder.RowFlags.emptyForm: return record.headCount == 0 ? .clock : .nothing
        case BlockBuilder.RowFlags.oneHeadForm:
            let isHead = record.newest.device == row.head.device && record.newest.seq == row.head.seq
            return record.headCount == 1 && isHead && !record.isInexact ? .clock : nil
        default:
            let pairs = UnsafeBufferPointer(start: table.block.pointee.pairs.base + Int(row.head.device), count: Int(row.head.seq))
            // The first event of a record builds on nothing.
            guard record.headCount > 0 else { return nil }
            guard row.form == BlockBuilder.RowFlags.headsForm else { return seen(pairs, record) }
            guard !record.isInexact, pairs.count == Int(record.headCount), areDistinct(pairs) else { return nil }
            let further = furtherHeads[row.key] ?? []
            let areHeads = pairs.allSatisfy { pair in
                pair.device == record.newest.device && pair.seq == record.newest.seq
                    || further.contains { $0.device == pair.device && $0.seq == pair.seq }
            }
            return areHeads ? .clock : nil
        }
    }

    /// Of the records that the block builds on with contexts that are written whole, those heads whose own contexts have to be known, and are not.
    mutating func forgottenHeads(_ table: borrowing RecordTable) -> [ForgottenHead] {
        var heads: [ForgottenHead] = []
        for index in 0..<table.block.pointee.rowCount {
            let row = table.block.pointee.rows.base[index]
            let key = Int(row.key)
            guard row.form == BlockBuilder.RowFlags.wholeForm, !records.base[key].isLoaded else { continue }
            load(key, of: table)
            let record = records.base[key]
            guard record.headCount == 1, !record.isInexact, record.before == Self.unknown else { continue }
            let pairs = UnsafeBufferPointer(start: table.block.pointee.pairs.base + Int(row.head.device), count: Int(row.head.seq))
            if pairs.contains(where: { $0.device == record.newest.device && $0.seq == record.newest.seq }) { continue }
            let cell = cellNumber(key, of: table)
            heads.append(
                ForgottenHead(
                    key: key, place: RecordTable.Place(cell: cell), position: Position(UInt64(table.view.cell(cell).lastPosition)),
                    device: table.devices.devices[Int(record.newest.device)]))
        }
        return heads
    }

    private func areDistinct(_ pairs: UnsafeBufferPointer<DotPair>) -> Bool {
        pairs.indices.allSatisfy { index in
            !pairs[..<index].contains { $0.device == pairs[index].device && $0.seq == pairs[index].seq }
        }
    }

    /// A context that is written whole.
    private func seen(_ pairs: UnsafeBufferPointer<DotPair>, _ record: ForeignRecord) -> Seen? {
        let entries = UnsafeBufferPointer(start: clocks.base + Int(record.clock), count: Int(record.clockCount))
        guard pairs.count <= entries.count else { return nil }
        var (matching, ofNewest) = (0, UInt32(0))
        var hasSeenNewest = false
        for (index, pair) in pairs.enumerated() {
            for other in 0..<index where pairs[other].device == pair.device { return nil }
            guard let entry = entries.first(where: { $0.device == pair.device }) else { return nil }
            if entry.seq == pair.seq {
                matching += 1
                if pair.device == record.newest.device { hasSeenNewest = true }
            } else if pair.device == record.newest.device {
                ofNewest = pair.seq
            } else {
                return nil
            }
        }
        if matching == entries.count { return .clock }
        // One head whose writer had seen the clock: it had seen what the clock was before it.
        guard record.headCount == 1 && !hasSeenNewest else { return nil }
        return record.before == ofNewest && matching == entries.count - 1 ? .headsContext : nil
    }

    /// The context's entries, sorted by the bytes of devices; `hidden` is the entry of which only `seq` was seen.
    func context(_ seen: Seen, _ row: DecodedRow) -> ForeignContext {
        let record = records.base[Int(row.key)]
        let entries = UnsafeBufferPointer(start: clocks.base + Int(record.clock), count: Int(record.clockCount))
        switch seen {
        case .clock: return ForeignContext(entries: entries, hidden: nil)
        case .nothing: return ForeignContext(entries: UnsafeBufferPointer(rebasing: entries[..<0]), hidden: nil)
        case .headsContext:
            return ForeignContext(entries: entries, hidden: DotPair(device: record.newest.device, seq: record.before))
        }
    }

    /// Takes the row into its record, as the fold will.
    ///
    /// - Returns: what the clock covered of the row's device before it; `unknown` where its writer had not seen the clock.
    mutating func apply(_ row: DecodedRow, _ seen: Seen) -> UInt32 {
        let number = Int(row.key)
        let covered = advanceClock(number, DotPair(device: row.device, seq: row.seq))
        let dot = DotPair(device: row.device, seq: row.seq)
        let record = records.base + number
        if case .clock = seen {
            if record.pointee.headCount > 1 { furtherHeads[row.key] = nil }
            record.pointee.headCount = 1
            record.pointee.isInexact = false
            record.pointee.before = covered
        } else {
            furtherHeads[row.key, default: []].append(record.pointee.newest)
            record.pointee.headCount += 1
            record.pointee.before = Self.unknown
        }
        record.pointee.newest = dot
        return record.pointee.before
    }

    // MARK: - Records

    /// Reads the record from the table.
    private mutating func load(_ number: Int, of table: borrowing RecordTable) {
        let (view, cellNumber) = (table.view, cellNumber(number, of: table))
        records.base[number].isLoaded = true
        guard cellNumber != 0 else { return }
        let cell = view.cell(cellNumber)
        let length = cell.clockCount
        let record = records.base + number
        record.pointee.clock = UInt32(takeClock(length + 2))
        record.pointee.clockCapacity = UInt32(length + 2)
        for entry in 0..<length { insert(DotPair(device: cell.clockDevice(entry), seq: cell.clockSeq(entry)), number) }
        record.pointee.isInexact = cell.isInexact
        record.pointee.newest = DotPair(device: cell.headDevice, seq: cell.headSeq)
        record.pointee.headCount = 1
        guard cell.extra != 0 else {
            record.pointee.before = seqBefore(cell.lastPosition)
            return
        }
        var further: [DotPair] = []
        view.forEachNode(cell) { if $0.isOf(.head) { further.append(DotPair(device: $0.slot.device, seq: $0.slot.seq)) } }
        record.pointee.headCount += UInt32(further.count)
        if further.isEmpty { record.pointee.before = seqBefore(cell.lastPosition) } else { furtherHeads[UInt32(number)] = further }
    }

    /// The cell of one of the block's records; 0 when it has no event yet.
    private func cellNumber(_ key: Int, of table: borrowing RecordTable) -> UInt32 {
        let (view, key) = (table.view, table.block.pointee.keys.base[key])
        if view.isCell(key.cell, of: key.bytes, Int(key.length), collection: key.collection) { return key.cell }
        return view.find(key.bytes, Int(key.length), collection: key.collection, hash: key.hash)
    }

    /// Room for so many entries.
    private mutating func takeClock(_ count: Int) -> Int {
        clocks.reserve(clockCount + count, keeping: clockCount)
        defer { clockCount += count }
        return clockCount
    }

    /// Makes the record's clock cover the dot; returns what it covered of the device before.
    private mutating func advanceClock(_ number: Int, _ dot: DotPair) -> UInt32 {
        let record = records.base[number]
        let entries = clocks.base + Int(record.clock)
        for index in 0..<Int(record.clockCount) where entries[index].device == dot.device {
            defer { entries[index].seq = dot.seq }
            return entries[index].seq
        }
        if record.clockCount == record.clockCapacity {
            let capacity = Int(record.clockCapacity) * 2 + 4
            let moved = takeClock(capacity)
            (clocks.base + moved).update(from: clocks.base + Int(record.clock), count: Int(record.clockCount))
            records.base[number].clock = UInt32(moved)
            records.base[number].clockCapacity = UInt32(capacity)
        }
        insert(dot, number)
        return 0
    }

    /// Adds an entry of a device that has none, for which there is room.
    private mutating func insert(_ dot: DotPair, _ number: Int) {
        let entries = clocks.base + Int(records.base[number].clock)
        var at = Int(records.base[number].clockCount)
        let rank = texts.rank(dot.device)
        while at > 0, texts.rank(entries[at - 1].device) > rank {
            entries[at] = entries[at - 1]
            at -= 1
        }
        entries[at] = dot
        records.base[number].clockCount += 1
    }
}

/// A context as the canonical form writes it.
struct ForeignContext {
    /// Sorted by the bytes of devices.
    let entries: UnsafeBufferPointer<DotPair>
    /// A device of which less was seen than its entry says, and how much; 0 for nothing.
    let hidden: DotPair?
}
