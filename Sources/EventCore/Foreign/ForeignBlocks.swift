/// Looks at packed blocks from elsewhere before a table folds them, and makes no events of them.
///
/// A block that it lets through can be folded as it is: every name, value and time is well-formed and canonical, each device's events go on where the table ends, and each context is the
/// record's clock, or what the record's one head had seen, and so closed. One that it does not let through may still be good; its events have to be looked at one by one then.
///
/// What contexts of heads were it remembers from block to block, 4 bytes an event of the last millions, since the table does not keep them. Of other heads it asks.
package struct ForeignBlocks: ~Copyable {
    /// Bytes before each canonical form that whoever gets it may write to.
    package static let headroomBytes = 72

    /// An event of a block, in the order of the block.
    package struct Event {
        /// The device's number in the table.
        package let device: Int
        package let seq: UInt64
        package let time: HybridTime
        /// Of the lease that it was written under; 0 for none.
        package let epoch: UInt64
        /// The canonical form, and before it `headroomBytes`.
        package let text: UnsafeMutableRawBufferPointer
    }

    // Of the block at hand.
    var records = Scratch<ForeignRecord>()
    var clocks = Scratch<DotPair>()
    var clockCount = 0
    /// Heads of a record besides the newest, by key of the block.
    var furtherHeads: [UInt32: [DotPair]] = [:]
    /// By row: the seq up to which the record's clock covered the event's device before it; `unknown` where the event had not seen the clock.
    private var newBefore: [UInt32] = []

    // Of all blocks.
    var texts = ForeignTexts()
    /// The same by position, from `start` on.
    private var before: [UInt32] = []
    private var start: UInt32 = 0
    private let late = PackedSections()

    package static let unknown = UInt32.max
    /// The block that was opened last, while it has not been checked.
    private var opened: LateColumns?
    /// Of no more devices, and of no more fields of a shape, is each compared with each.
    static let pairwiseLimit = 2048
    private let rememberedEvents: Int
    private let takesNotes: Bool

    /// - Parameters:
    ///   - rememberedEvents: of the last events between half as many and as many are remembered.
    ///   - takesNotes: whether a block with notes may be let through.
    package init(rememberedEvents: Int = 8 << 20, takesNotes: Bool = false) {
        (self.rememberedEvents, self.takesNotes) = (rememberedEvents, takesNotes)
    }

    /// Looks at a block's columns; all of the table has been checked. Names of the block may be in the table afterwards, nothing else is.
    ///
    /// - Parameter block: has `RecordTable.slackBytes` readable bytes behind its end, and stays where it is until it has been checked.
    /// - Returns: heads of which `check` has to be told what their writers had seen of their own device's events of the record; nil for a block that cannot be folded as it is.
    package mutating func open(_ header: BlockHeader, _ block: UnsafeRawBufferPointer, for table: inout RecordTable) -> [ForgottenHead]? {
        precondition(table.isChecked)
        opened = header.kind == .events && header.encoding == .packed ? decode(header, block, for: &table) : nil
        return opened == nil ? nil : forgottenHeads(table)
    }

    /// Whether the block that was opened can be folded as it is.
    ///
    /// - Parameters:
    ///   - seqs: for each forgotten head up to which seq its writer had seen its own device's events of the record, 0 for none; nil where nobody knows.
    ///   - body: called for each event, for those of a block that is not let through, too, as far as it has been looked at; with the table's devices.
    package mutating func check(
        _ heads: [ForgottenHead], _ seqs: [UInt64?], for table: inout RecordTable, _ body: (Event, [DeviceID]) -> Void
    ) -> Bool {
        guard let columns = opened.take() else { return false }
        for (head, seq) in zip(heads, seqs) {
            guard let seq = seq.flatMap({ UInt32(exactly: $0) }) else { continue }
            records.base[head.key].before = seq
        }
        return look(at: columns, of: table, body)
    }

    /// The same of a block at once, for who remembers all of the log's events and need not be told.
    package mutating func check(
        _ header: BlockHeader, _ block: UnsafeRawBufferPointer, for table: inout RecordTable, _ body: (Event, [DeviceID]) -> Void
    ) -> Bool {
        guard let heads = open(header, block, for: &table) else { return false }
        return check(heads, [], for: &table, body)
    }

    /// Takes note that the table has folded the block that was looked at last.
    package mutating func folded(by table: borrowing RecordTable) {
        let first = table.eventCount - UInt32(newBefore.count)
        if start + UInt32(before.count) != first { (before, start) = ([], first) }
        if before.count > rememberedEvents {
            before.removeFirst(before.count / 2)
            start = first - UInt32(before.count)
        }
        before += newBefore
        newBefore.removeAll(keepingCapacity: true)
    }

    /// Takes note that the table has folded a block that was not let through.
    ///
    /// - Parameter seqsBefore: by event: up to which seq its record's clock covered its device before it, where its writer had seen that clock; else `unknown`.
    package mutating func passedOver(_ seqsBefore: [UInt32], by table: borrowing RecordTable) {
        newBefore = seqsBefore
        folded(by: table)
    }

    // MARK: - The block that was looked at last

    /// The devices with events in it, each with its first and last seq.
    package func authors(in table: borrowing RecordTable) -> [DeviceRange] {
        var ranges: [DeviceRange] = []
        for number in 0..<table.block.pointee.deviceCount {
            let device = table.block.pointee.devices.base[number]
            guard device.firstSeq != 0 else { continue }
            ranges.append(
                DeviceRange(
                    device: table.devices.devices[Int(device.number)], first: UInt64(device.firstSeq), last: UInt64(device.running)))
        }
        return ranges.sorted { $0.device < $1.device }
    }

    /// Its events whose records have siblings, by their number in it; once it has been folded.
    package func rowsWithSiblings(in table: borrowing RecordTable) -> [(number: Int, key: RecordKey)] {
        let (block, view) = (table.block, table.view)
        var rows: [(number: Int, key: RecordKey)] = []
        for number in 0..<block.pointee.rowCount {
            let row = block.pointee.rows.base[number]
            let cell = block.pointee.keys.base[Int(row.key)].cell
            if view.cell(cell).extra != 0 { rows.append((Int(row.number), table.key(at: RecordTable.Place(cell: cell)))) }
        }
        return rows
    }

    // MARK: - Decoding

    /// Columns that the fold does not need.
    private struct LateColumns {
        let flags: UnsafeRawBufferPointer
        let times: UnsafeRawBufferPointer
        let extras: UnsafeRawBufferPointer
        let latestTime: UInt64
        let noteCount: Int
    }

    private mutating func decode(
        _ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, for table: inout RecordTable
    ) -> LateColumns? {
        let block = table.block
        block.pointee.begin(isShared: false)
        var cursor: ByteCursor
        let directory: PackedDirectory
        do throws(BlockError) {
            let names = try table.mapNames(header, bytes, into: block)
            try RecordTable.decode(header, bytes, names, .max, into: block)
            cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[..<header.blockBytes]), at: names)
            directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: block.pointee.deviceCount)
            try late.expand(directory, bytes, from: .times)
        } catch { return nil }
        guard takesNotes || directory.noteCount == 0, texts.learn(notes: late[.notes], directory.noteCount),
            areSpelledOnce(block.pointee), continues(table), areDistinct(block.pointee)
        else { return nil }
        texts.learn(table)
        guard texts.learn(block.pointee, table), areWellFormed(block.pointee, distinct: directory.valueCount) else { return nil }
        begin(block.pointee.keyCount)
        table.lane(0).findKeys(block.pointee, 0)
        return LateColumns(
            flags: block.pointee.sections[.flags], times: late[.times], extras: late[.extras], latestTime: directory.latestTime,
            noteCount: directory.noteCount)
    }

    /// Whether no number has a needless last byte: the fold does not ask, whoever reads the block later does.
    private func areSpelledOnce(_ block: borrowing DecodedBlock) -> Bool {
        for section in [block.sections[.contexts], block.sections[.seqs], block.sections[.shapes], late[.times], late[.extras]] {
            var before: UInt8 = 0
            for byte in section {
                guard byte != 0 || before < 0x80 else { return false }
                before = byte
            }
        }
        var keys = ByteCursor(block.sections[.keys])
        do throws(BlockError) { while !keys.isAtEnd { try PackedBlockReader.skipKey(&keys) } } catch { return false }
        return true
    }

    /// Whether each device's events go on where the table ends.
    private func continues(_ table: borrowing RecordTable) -> Bool {
        let block = table.block
        guard table.isGapless, block.pointee.deviceCount <= Self.pairwiseLimit,
            UInt64(table.eventCount) + UInt64(block.pointee.rowCount) <= table.capacity.events
        else { return false }
        for number in 0..<block.pointee.deviceCount {
            let device = block.pointee.devices.base[number]
            guard device.firstSeq == 0 || device.isGapless && device.firstSeq == table.applied[Int(device.number)] + 1 else { return false }
            // A device that a block names twice would be followed twice.
            for other in 0..<number where block.pointee.devices.base[other].number == device.number { return false }
        }
        return true
    }

    /// Whether no record is among the keys twice, as far as their hashes tell, and all ids are text that JSON writes as it is.
    private func areDistinct(_ block: borrowing DecodedBlock) -> Bool {
        var bits = 4
        while 1 << bits < block.keyCount * 2 { bits += 1 }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 1 << bits) { seen in
            seen.initialize(repeating: 0)
            for number in 0..<block.keyCount {
                let key = block.keys.base[number]
                guard PlainText.isPlain(key.bytes, Int(key.length)) else { return false }
                let word = key.hash | 1
                var at = Int(truncatingIfNeeded: word >> 20) & (seen.count - 1)
                while seen[at] != 0 {
                    if seen[at] == word { return false }
                    at = (at + 1) & (seen.count - 1)
                }
                seen[at] = word
            }
            return true
        }
    }

    /// Whether every value has the code that such a value has.
    private func areWellFormed(_ block: borrowing DecodedBlock, distinct distinctCount: Int) -> Bool {
        let starts = distinctCount > 0 ? block.distinct.base : block.values.base
        for number in 0..<(distinctCount > 0 ? distinctCount : block.valueCount) {
            guard ValueCode.isCanonical(block.valueBase + Int(starts[number])) else { return false }
        }
        return true
    }

    // MARK: - Rows

    private mutating func look(at columns: LateColumns, of table: borrowing RecordTable, _ body: (Event, [DeviceID]) -> Void) -> Bool {
        let block = table.block
        guard let timesBase = columns.times.baseAddress else { return false }
        var (time, timesEnd) = (timesBase, timesBase + columns.times.count)
        var extra = columns.extras.baseAddress ?? timesEnd
        let extrasEnd = extra + columns.extras.count
        var (milliseconds, latest) = (UInt64(0), UInt64(0))
        for number in 0..<block.pointee.rowCount {
            let row = block.pointee.rows.base[number]
            if number + FoldLane.lookAhead < block.pointee.rowCount {
                let ahead = block.pointee.rows.base[number + FoldLane.lookAhead]
                let cell = table.view.cell(block.pointee.keys.base[Int(ahead.key)].cell).base
                prefetch(cell)
                prefetch(cell + 64)
            }
            let flags = columns.flags[number]
            guard time < timesEnd else { return false }
            milliseconds = milliseconds.advanced(zigzag: varint(&time))
            guard time <= timesEnd else { return false }
            var (epoch, tick, note) = (UInt64(0), UInt64(0), Int?.none)
            if flags & PackedFlags.extras != 0 {
                // All but notes, epochs and ticks is rare, and left to who looks at events one by one.
                guard extra < extrasEnd else { return false }
                let which = extra.load(as: UInt8.self)
                let known = BlockBuilder.ExtraFlags.note | BlockBuilder.ExtraFlags.epoch | PackedExtraFlags.tick
                guard which != 0, which & ~known == 0 else { return false }
                extra += 1
                if which & BlockBuilder.ExtraFlags.note != 0 {
                    let index = varint(&extra)
                    guard extra <= extrasEnd, index < UInt64(columns.noteCount) else { return false }
                    note = Int(index)
                }
                if which & BlockBuilder.ExtraFlags.epoch != 0 {
                    epoch = varint(&extra)
                    guard extra <= extrasEnd, 1...Limits.seq ~= epoch else { return false }
                }
                if which & PackedExtraFlags.tick != 0 {
                    tick = varint(&extra)
                    guard extra <= extrasEnd, tick > 0 else { return false }
                }
            }
            guard milliseconds < Limits.timeMilliseconds, let tick = UInt16(exactly: tick) else { return false }
            let stamp = HybridTime(packed: milliseconds << 16 | UInt64(tick))
            latest = max(latest, stamp.packed)
            guard let seen = seenBy(row, of: table) else { return false }
            let kind = flags & PackedFlags.kindMask
            let extras = ForeignExtras(time: stamp, epoch: epoch, note: note)
            guard let text = texts.write(row, kind: kind, extras, context(seen, row), block.pointee) else { return false }
            newBefore.append(apply(row, seen))
            body(
                Event(device: Int(row.device), seq: UInt64(row.seq), time: stamp, epoch: epoch, text: text), table.devices.devices)
        }
        return time == timesEnd && extra == extrasEnd && latest == columns.latestTime
    }

    private mutating func begin(_ keyCount: Int) {
        records.reserve(keyCount)
        records.base.initialize(repeating: ForeignRecord(), count: keyCount)
        clockCount = 0
        newBefore.removeAll(keepingCapacity: true)
        if !furtherHeads.isEmpty { furtherHeads = [:] }
    }

    /// What the clock of the newest event's record covered of that event's device before it; `unknown` when nobody knows.
    func seqBefore(_ position: UInt32) -> UInt32 {
        guard position >= start, position - start < UInt32(before.count) else { return Self.unknown }
        return before[Int(position - start)]
    }
}
