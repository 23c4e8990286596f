/// What a table has taken from a checkpoint without having looked at all of it.
struct UncheckedMemory {
    let source: any StoredSections
    /// The free lists lead anywhere: they are not used until everything has been checked.
    let freeCells: [UInt32]
    let freeNode: UInt32
    /// Rows whose memory has been checked so that they can be folded, since the table was taken in.
    var preparedRows = 0
    /// Up to this position.
    var preparedEnd: UInt64
}

/// Nothing damaged is ever read: memory of a checkpoint is checked when it is first touched, by whoever reads a record, and whole before somebody walks over it.
///
/// What has been checked can be followed: the checksums say that the bytes are those that a table wrote, and a table writes no index that leads out of its
/// memory. `place(of:)` checks all that a record refers to, so that a place needs no further look; only its history, which lies apart, is checked step by step.
extension RecordTable {
    /// The sections of a checkpoint. Layout: LogFormat.md, "Sections".
    enum Section: Int, CaseIterable {
        case facts, cells, nodes, blobs, previous, applied, index

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
        guard unchecked.source.areWhole(Section.placed.map { ($0.rawValue, memory($0).base) }) else { throw CheckpointDamage() }
        self.unchecked = nil
        joinFreeLists(unchecked)
    }

    /// Checks all memory that folding events of these records touches, so that `fold` may follow for just these, in their order.
    ///
    /// In time proportional to the events; past `preparedRowLimit` of them everything is checked once.
    package mutating func prepare(toFold keys: [RecordKey]) throws(CheckpointDamage) {
        guard let rowsBefore = unchecked?.preparedRows, !keys.isEmpty else { return }
        let rows = rowsBefore + keys.count
        unchecked?.preparedRows = rows
        unchecked?.preparedEnd = UInt64(eventCount) + UInt64(keys.count)
        guard rows <= Self.preparedRowLimit, (Int(recordCount) + rows) * 2 <= index.capacity else { return try checkAll() }
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
            var (at, empty) = (hash & index.mask, 0)
            while empty <= rows {
                try check(.index, Int(at) * MemoryLayout<UInt64>.stride, MemoryLayout<UInt64>.stride)
                if index.slots[Int(at)] == 0 { empty += 1 }
                at = (at &+ 1) & index.mask
            }
        }
    }

    /// Whether so many events may be folded now.
    func isPrepared(toFold count: UInt32) -> Bool {
        guard let unchecked else { return true }
        return UInt64(eventCount) + UInt64(count) <= unchecked.preparedEnd
    }

    // MARK: - Checking what a record refers to

    /// `find`, which looks at nothing that has not been checked. What it returns may be followed.
    func checkedFind(_ key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32, hash: UInt64) throws(CheckpointDamage) -> UInt32 {
        guard unchecked != nil else { return find(key, keyLength, collection: collection, hash: hash) }
        var at = hash & index.mask
        while true {
            try check(.index, Int(at) * MemoryLayout<UInt64>.stride, MemoryLayout<UInt64>.stride)
            let word = index.slots[Int(at)]
            if word == 0 { return 0 }
            if word >> 32 == hash >> 32 {
                let cell = UInt32(truncatingIfNeeded: word)
                try checkRecord(cell)
                if isCell(cell, of: key, keyLength, collection: collection) { return cell }
            }
            at = (at &+ 1) & index.mask
        }
    }

    /// Checks the cell, its nodes, and the long values of both.
    private func checkRecord(_ cell: UInt32) throws(CheckpointDamage) {
        let offset = Int(cell) << CellLayout.unitShift
        try check(.cells, offset, 1 << CellLayout.unitShift)
        let base = pointer(cell)
        try check(.cells, offset, cellUnits(base) << CellLayout.unitShift)
        let first = slots(base)
        for slot in 0..<Int(base.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self)) {
            try checkValue(first + slot * CellLayout.slotBytes)
        }
        var next = base.load(fromByteOffset: CellLayout.extra, as: UInt32.self)
        while next != 0 {
            try check(.nodes, Int(next) * NodeLayout.bytes, NodeLayout.bytes)
            let node = node(next)
            if node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.entry { try checkValue(node + NodeLayout.slot) }
            next = node.load(fromByteOffset: NodeLayout.next, as: UInt32.self)
        }
    }

    private func checkValue(_ slot: UnsafeRawPointer) throws(CheckpointDamage) {
        guard let (offset, length) = Self.blob(slot) else { return }
        try check(.blobs, offset, length)
    }

    /// Makes sure that these bytes are those that were written.
    func check(_ section: Section, _ offset: Int, _ count: Int) throws(CheckpointDamage) {
        guard let source = unchecked?.source else { return }
        let memory = memory(section)
        guard offset >= 0, count >= 0, offset <= memory.count - count,
            source.isWhole(section.rawValue, offset..<(offset + count), at: memory.base)
        else { throw CheckpointDamage() }
    }

    private func memory(_ section: Section) -> (base: UnsafeRawPointer, count: Int) {
        switch section {
        case .cells: (UnsafeRawPointer(cells.base), cells.usedBytes)
        case .nodes: (UnsafeRawPointer(nodes.base), nodes.usedBytes)
        case .blobs: (UnsafeRawPointer(blobs.base), blobs.usedBytes)
        case .previous: (UnsafeRawPointer(previous.base), previous.usedBytes)
        case .index: (UnsafeRawPointer(index.slots), index.capacity * MemoryLayout<UInt64>.stride)
        case .facts, .applied: preconditionFailure("copied when it was checked")
        }
    }

    /// Puts the free lists of the checkpoint behind those that began since.
    private mutating func joinFreeLists(_ unchecked: UncheckedMemory) {
        for (units, held) in unchecked.freeCells.enumerated() where held != 0 {
            guard freeCells[units] != 0 else {
                freeCells[units] = held
                continue
            }
            var last = pointer(freeCells[units])
            while last.load(as: UInt32.self) != 0 { last = pointer(last.load(as: UInt32.self)) }
            last.storeBytes(of: held, as: UInt32.self)
        }
        guard unchecked.freeNode != 0 else { return }
        guard freeNode != 0 else {
            freeNode = unchecked.freeNode
            return
        }
        var last = node(freeNode)
        while last.load(fromByteOffset: NodeLayout.next, as: UInt32.self) != 0 {
            last = node(last.load(fromByteOffset: NodeLayout.next, as: UInt32.self))
        }
        last.storeBytes(of: unchecked.freeNode, toByteOffset: NodeLayout.next, as: UInt32.self)
    }
}
