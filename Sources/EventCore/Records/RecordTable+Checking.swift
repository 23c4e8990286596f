/// What a table has taken from a checkpoint without having looked at all of it; the table's alone. An object, as it is asked for at each record and holds some kilobytes.
final class UncheckedMemory {
    let source: any StoredSections
    /// The checkpoint's free memory lies anywhere: it is not used until everything has been checked.
    let lanes: InlineArray<2, LaneMemory>
    /// Rows whose memory has been checked so that they can be folded, since the table was taken in.
    var preparedRows = 0
    /// Up to this position.
    var preparedEnd: UInt64

    init(source: any StoredSections, lanes: InlineArray<2, LaneMemory>, preparedEnd: UInt64) {
        (self.source, self.lanes, self.preparedEnd) = (source, lanes, preparedEnd)
    }
}

/// Nothing damaged is ever read: memory of a checkpoint is checked when it is first touched, by whoever reads a record, and whole before somebody walks over it.
///
/// What has been checked can be followed: the checksums say that the bytes are those that a table wrote, and a table writes no index that leads out of its
/// memory. `place(of:)` checks all that a record refers to, so that a place needs no further look; only its history, which lies apart, is checked step by step.
extension RecordTable {
    /// The sections of a checkpoint. Layout: LogFormat.md, "Sections".
    enum Section: Int, CaseIterable {
        case facts, cells, nodes, blobs, previous, index, order, siblings

        /// Those that lie where the file has them until somebody touches them.
        static let placed: [Section] = [.cells, .nodes, .blobs, .previous, .index]
    }

    /// Whether all memory is known to be right: anything may be done with the table.
    package var isChecked: Bool { unchecked == nil }

    /// Beyond so many events it is faster to check everything than what each one touches.
    package static let preparedRowLimit = 2048

    /// Checks whatever has not been checked yet; then the table is as if it had been folded.
    package mutating func checkAll() throws(CheckpointDamage) {
        guard let unchecked else { return }
        loadOrder()
        guard unchecked.source.areWhole(Section.placed.map { ($0.rawValue, memory($0).base) }) else { throw CheckpointDamage() }
        self.unchecked = nil
        guard unchecked.preparedRows > 0 else {
            lanes = unchecked.lanes
            return
        }
        for lane in 0..<lanes.count { lanes[lane].join(unchecked.lanes[lane], view) }
    }

    /// Checks all memory that folding events of these records touches, so that `fold` may follow for just these, in their order.
    ///
    /// In time proportional to the events; past `preparedRowLimit` of them everything is checked once.
    package mutating func prepare(toFold keys: [RecordKey]) throws(CheckpointDamage) {
        try follow(keys)
        guard let rowsBefore = unchecked?.preparedRows, !keys.isEmpty else { return }
        let rows = rowsBefore + keys.count
        unchecked?.preparedRows = rows
        unchecked?.preparedEnd = UInt64(eventCount) + UInt64(keys.count)
        let isRoomy = index.holds((halfCounts.0 + rows, halfCounts.1 + rows))
        guard rows <= Self.preparedRowLimit && isRoomy else { return try checkAll() }
        // New memory begins within the last page of what is there.
        for section in Section.placed where section != .index {
            let used = memory(section).count
            try check(section, max(0, used - 1), min(1, used))
        }
        for key in keys {
            let collection = collections.index(adding: key.collection)
            let hash = key.record.utf8.withUnsafeBytes { bytes in
                bytes.baseAddress.map { keyHash($0, bytes.count, collection: collection) } ?? 0
            }
            guard try place(of: key) == nil else { continue }
            // Each new record may have taken the slot that another one's look-up would have ended at.
            let slots = view.index
            var (at, empty) = (slots.start(hash), 0)
            while empty <= rows {
                try check(.index, at * MemoryLayout<UInt64>.stride, MemoryLayout<UInt64>.stride)
                if slots.slots[at] == 0 { empty += 1 }
                at = slots.next(at)
            }
        }
    }

    /// Whether so many events may be folded now.
    func isPrepared(toFold count: UInt32) -> Bool {
        guard let unchecked else { return true }
        return UInt64(eventCount) + UInt64(count) <= unchecked.preparedEnd
    }

    // MARK: - Checking what a record refers to

    /// `TableView.find`, which looks at nothing that has not been checked. What it returns may be followed.
    func checkedFind(_ key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32, hash: UInt64) throws(CheckpointDamage) -> UInt32 {
        let view = view
        guard unchecked != nil else { return view.find(key, keyLength, collection: collection, hash: hash) }
        var at = view.index.start(hash)
        while true {
            try check(.index, at * MemoryLayout<UInt64>.stride, MemoryLayout<UInt64>.stride)
            let word = view.index.slots[at]
            if word == 0 { return 0 }
            if word >> 32 == hash >> 32 {
                let cell = UInt32(truncatingIfNeeded: word)
                try checkRecord(cell)
                if view.isCell(cell, of: key, keyLength, collection: collection) { return cell }
            }
            at = view.index.next(at)
        }
    }

    /// Checks the cell, its nodes, and the long values of both.
    func checkRecord(_ number: UInt32) throws(CheckpointDamage) {
        guard unchecked != nil else { return }
        let (view, offset) = (view, Int(number) << Cell.unitShift)
        let cell = view.cell(number)
        try check(.cells, offset, Cell.headerBytes)
        try check(.cells, offset, cell.units << Cell.unitShift)
        var slots: [Slot] = []
        view.forEachSlot(cell) { slots.append($1) }
        var next = cell.extra
        while next != 0 {
            try check(.nodes, Int(next) * Node.bytes, Node.bytes)
            let node = view.node(next)
            if node.isOf(.entry) { slots.append(node.slot) }
            next = node.next
        }
        for slot in slots where slot.isBlob { try check(.blobs, slot.blobOffset, slot.blobLength) }
    }

    /// Makes sure that these bytes are those that were written.
    func check(_ section: Section, _ offset: Int, _ count: Int) throws(CheckpointDamage) {
        guard let source = unchecked?.source else { return }
        let memory = memory(section)
        guard offset >= 0, count >= 0, offset <= memory.count - count,
            source.isWhole(section.rawValue, offset..<(offset + count), at: memory.base)
        else { throw CheckpointDamage() }
    }

    func memory(_ section: Section) -> (base: UnsafeRawPointer, count: Int) {
        switch section {
        case .cells: (UnsafeRawPointer(regions.cells.base), regions.cells.usedBytes)
        case .nodes: (UnsafeRawPointer(regions.nodes.base), regions.nodes.usedBytes)
        case .blobs: (UnsafeRawPointer(regions.blobs.base), regions.blobs.usedBytes)
        case .previous: (UnsafeRawPointer(regions.previous.base), regions.previous.usedBytes)
        case .index: (UnsafeRawPointer(index.slots), index.capacity * MemoryLayout<UInt64>.stride)
        case .facts, .order, .siblings: preconditionFailure("copied when it was checked")
        }
    }
}
