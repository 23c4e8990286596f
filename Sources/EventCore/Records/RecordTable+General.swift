/// The general path of the fold, out of line: concurrent events, several heads, deletes, tombstones.
extension RecordTable {
    /// What of a record an event's context covers.
    private enum Cover {
        /// All: the context is the record's clock.
        case everything
        /// Nothing: the context is empty.
        case nothing
        /// What these pairs of the scratch cover.
        case pairs(from: Int, count: Int)
    }

    /// Applies a row as semantics say, whatever stands in the record; false when it names heads that the record does not have.
    @inline(never)
    mutating func applyGeneral(_ row: UnsafeMutablePointer<DecodedRow>, _ first: UInt32) -> Bool {
        var cell = first
        guard let cover = cover(of: row, cell) else { return false }
        replaceHeads(row, cell, cover)
        dropNodes(cell, NodeLayout.tombstone, cover)
        if row.pointee.isDelete {
            dropEntries(cell, cover)
            addNode(NodeLayout.tombstone, to: cell, row.pointee.device, row.pointee.seq)
        } else {
            guard forEachWrite(row, { table, write, hint in table.addEntry(row, &cell, write, &hint, cover) }) else { return false }
        }
        if case .pairs(let from, let count) = cover {
            for pair in from..<(from + count) {
                cell = advanceClock(row, cell, scratch.pairs[pair].device, scratch.pairs[pair].seq)
            }
        }
        cell = advanceClock(row, cell, row.pointee.device, row.pointee.seq)
        noteHistory(pointer(cell))
        return true
    }

    // MARK: - What the context covers

    private func cover(of row: UnsafeMutablePointer<DecodedRow>, _ cell: UInt32) -> Cover? {
        let from = Int(row.pointee.headDevice)
        let count = Int(row.pointee.pairCount)
        switch row.pointee.form {
        case BlockBuilder.RowFlags.emptyForm: return .nothing
        case BlockBuilder.RowFlags.oneHeadForm:
            return isExact(cell) && headCount(cell) == 1 && isHead(cell, DotPair(device: row.pointee.headDevice, seq: row.pointee.headSeq))
                ? .everything : nil
        case BlockBuilder.RowFlags.headsForm:
            let named = UnsafeBufferPointer(start: scratch.pairs + from, count: count)
            return isExact(cell) && headCount(cell) == count && named.allSatisfy { isHead(cell, $0) } ? .everything : nil
        default: return isClock(cell, from: from, count: count) ? .everything : .pairs(from: from, count: count)
        }
    }

    /// Whether the pairs are just the record's clock; both name each device once.
    private func isClock(_ cell: UInt32, from: Int, count: Int) -> Bool {
        let base = pointer(cell)
        guard Int(base.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self)) == count else { return false }
        return (from..<(from + count)).allSatisfy { clockSeq(base, scratch.pairs[$0].device) == scratch.pairs[$0].seq }
    }

    private func clockSeq(_ base: UnsafeMutableRawPointer, _ device: UInt32) -> UInt32 {
        let clock = base + CellLayout.clockOffset(keyLength: Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self)))
        for entry in 0..<Int(base.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self)) {
            let at = entry * CellLayout.clockEntryBytes
            if clock.load(fromByteOffset: at, as: UInt32.self) == device { return clock.load(fromByteOffset: at + 4, as: UInt32.self) }
        }
        return 0
    }

    private func covers(_ cover: Cover, device: UInt32, seq: UInt32) -> Bool {
        switch cover {
        case .everything: true
        case .nothing: false
        case .pairs(let from, let count):
            (from..<(from + count)).contains { scratch.pairs[$0].device == device && scratch.pairs[$0].seq >= seq }
        }
    }

    /// Whether the context names just this dot, and so covers its whole context: contexts are closed.
    private func names(_ cover: Cover, device: UInt32, seq: UInt32) -> Bool {
        switch cover {
        case .everything: true
        case .nothing: false
        case .pairs(let from, let count):
            (from..<(from + count)).contains { scratch.pairs[$0].device == device && scratch.pairs[$0].seq == seq }
        }
    }

    // MARK: - Heads

    private func isExact(_ cell: UInt32) -> Bool {
        pointer(cell).load(fromByteOffset: CellLayout.flags, as: UInt8.self) & CellLayout.inexactFlag == 0
    }

    private func headCount(_ cell: UInt32) -> Int {
        var count = 1
        forEachNode(cell) { if $0.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.head { count += 1 } }
        return count
    }

    private func isHead(_ cell: UInt32, _ dot: DotPair) -> Bool {
        let base = pointer(cell)
        var isFound =
            base.load(fromByteOffset: CellLayout.headDevice, as: UInt32.self) == dot.device
            && base.load(fromByteOffset: CellLayout.headSeq, as: UInt32.self) == dot.seq
        forEachNode(cell) { node in
            guard node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.head else { return }
            let (device, seq) = Self.dot(node + NodeLayout.slot)
            if device == dot.device && seq == dot.seq { isFound = true }
        }
        return isFound
    }

    /// Drops the heads that the context covers and makes the row's dot one; keeps note of whether the clock is still the join of the heads'
    /// contexts and dots. It is when every dropped head was named itself, since then its context is covered too.
    private mutating func replaceHeads(_ row: UnsafeMutablePointer<DecodedRow>, _ cell: UInt32, _ cover: Cover) {
        let base = pointer(cell)
        let device = base.load(fromByteOffset: CellLayout.headDevice, as: UInt32.self)
        let seq = base.load(fromByteOffset: CellLayout.headSeq, as: UInt32.self)
        var isInexact = false
        forEachNode(cell) { node in
            guard node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.head else { return }
            let (device, seq) = Self.dot(node + NodeLayout.slot)
            if covers(cover, device: device, seq: seq) && !names(cover, device: device, seq: seq) { isInexact = true }
        }
        dropNodes(cell, NodeLayout.head, cover)
        if covers(cover, device: device, seq: seq) {
            if !names(cover, device: device, seq: seq) { isInexact = true }
        } else {
            addNode(NodeLayout.head, to: cell, device, seq)
        }
        base.storeBytes(of: row.pointee.device, toByteOffset: CellLayout.headDevice, as: UInt32.self)
        base.storeBytes(of: row.pointee.seq, toByteOffset: CellLayout.headSeq, as: UInt32.self)
        if case .everything = cover {
            base.storeBytes(of: 0, toByteOffset: CellLayout.flags, as: UInt8.self)
        } else if isInexact {
            base.storeBytes(of: CellLayout.inexactFlag, toByteOffset: CellLayout.flags, as: UInt8.self)
        }
    }

    // MARK: - Entries

    /// Drops the field's covered entries and adds the row's.
    private mutating func addEntry(
        _ row: UnsafeMutablePointer<DecodedRow>, _ cell: inout UInt32, _ write: Write, _ hint: inout Int, _ cover: Cover
    ) {
        guard let slot = slot(pointer(cell), of: write.field, &hint) else {
            fill(addSlot(row, &cell), row, write)
            return
        }
        dropNodes(cell, NodeLayout.entry, cover, field: write.field)
        let (device, seq) = Self.dot(slot)
        if covers(cover, device: device, seq: seq) {
            forgetSlot(slot)
            fill(slot, row, write)
        } else {
            let node = node(takeNode(NodeLayout.entry, for: cell))
            fill(node + NodeLayout.slot, row, write)
        }
    }

    /// Drops every covered entry of every field.
    private mutating func dropEntries(_ cell: UInt32, _ cover: Cover) {
        dropNodes(cell, NodeLayout.entry, cover)
        let base = pointer(cell)
        let first = slots(base)
        var count = Int(base.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self))
        var at = 0
        while at < count {
            let slot = first + at * CellLayout.slotBytes
            let (device, seq) = Self.dot(slot)
            guard covers(cover, device: device, seq: seq) else {
                at += 1
                continue
            }
            forgetSlot(slot)
            if promoteEntry(of: slot.load(fromByteOffset: CellLayout.slotField, as: UInt32.self), cell, into: slot) {
                at += 1
            } else {
                count -= 1
                if at < count { slot.copyMemory(from: first + count * CellLayout.slotBytes, byteCount: CellLayout.slotBytes) }
            }
        }
        base.storeBytes(of: UInt32(count), toByteOffset: CellLayout.slotCount, as: UInt32.self)
    }

    /// Moves a further entry of `field` from its node into the field's slot; false when there is none.
    private mutating func promoteEntry(of field: UInt32, _ cell: UInt32, into slot: UnsafeMutableRawPointer) -> Bool {
        var link = pointer(cell) + CellLayout.extra
        while true {
            let index = link.load(as: UInt32.self)
            guard index != 0 else { return false }
            let node = node(index)
            if node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.entry
                && node.load(fromByteOffset: NodeLayout.slot + CellLayout.slotField, as: UInt32.self) == field
            {
                slot.copyMemory(from: node + NodeLayout.slot, byteCount: CellLayout.slotBytes)
                unlink(index, from: link)
                return true
            }
            link = node + NodeLayout.next
        }
    }

    private mutating func forgetSlot(_ slot: UnsafeMutableRawPointer) {
        if slot.load(fromByteOffset: CellLayout.slotTag, as: UInt8.self) & 31 == ValueCode.longLength { forgetBlob(slot) }
    }

    // MARK: - Nodes

    static func dot(_ slot: UnsafeRawPointer) -> (device: UInt32, seq: UInt32) {
        (slot.load(fromByteOffset: CellLayout.slotDevice, as: UInt32.self) & CellLayout.deviceMask, slot.load(as: UInt32.self))
    }

    func forEachNode(_ cell: UInt32, _ body: (UnsafeMutableRawPointer) -> Void) {
        var index = pointer(cell).load(fromByteOffset: CellLayout.extra, as: UInt32.self)
        while index != 0 {
            let node = node(index)
            body(node)
            index = node.load(fromByteOffset: NodeLayout.next, as: UInt32.self)
        }
    }

    /// A head or a tombstone.
    mutating func addNode(_ kind: UInt32, to cell: UInt32, _ device: UInt32, _ seq: UInt32) {
        let node = node(takeNode(kind, for: cell))
        node.storeBytes(of: seq, toByteOffset: NodeLayout.slot + CellLayout.slotSeq, as: UInt32.self)
        node.storeBytes(of: device, toByteOffset: NodeLayout.slot + CellLayout.slotDevice, as: UInt32.self)
    }

    private mutating func takeNode(_ kind: UInt32, for cell: UInt32) -> UInt32 {
        var taken = freeNode
        if taken == 0 {
            let offset = nodes.grow(by: NodeLayout.bytes)
            precondition(offset / NodeLayout.bytes < Int(UInt32.max))
            taken = UInt32(offset / NodeLayout.bytes)
        } else {
            freeNode = node(taken).load(as: UInt32.self)
        }
        let base = pointer(cell)
        let node = node(taken)
        node.storeBytes(of: base.load(fromByteOffset: CellLayout.extra, as: UInt32.self), toByteOffset: NodeLayout.next, as: UInt32.self)
        node.storeBytes(of: kind, toByteOffset: NodeLayout.kind, as: UInt32.self)
        base.storeBytes(of: taken, toByteOffset: CellLayout.extra, as: UInt32.self)
        return taken
    }

    /// Drops the covered nodes of a kind, of one field or of all.
    private mutating func dropNodes(_ cell: UInt32, _ kind: UInt32, _ cover: Cover, field: UInt32? = nil) {
        var link = pointer(cell) + CellLayout.extra
        while true {
            let index = link.load(as: UInt32.self)
            guard index != 0 else { return }
            let node = node(index)
            let slot = node + NodeLayout.slot
            let (device, seq) = Self.dot(slot)
            let isOfKind = node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == kind
            let isOfField = field.map { slot.load(fromByteOffset: CellLayout.slotField, as: UInt32.self) == $0 } ?? true
            if isOfKind && isOfField && covers(cover, device: device, seq: seq) {
                if kind == NodeLayout.entry { forgetSlot(slot) }
                unlink(index, from: link)
            } else {
                link = node + NodeLayout.next
            }
        }
    }

    private mutating func unlink(_ index: UInt32, from link: UnsafeMutableRawPointer) {
        let node = node(index)
        link.storeBytes(of: node.load(fromByteOffset: NodeLayout.next, as: UInt32.self), as: UInt32.self)
        node.storeBytes(of: freeNode, toByteOffset: NodeLayout.next, as: UInt32.self)
        freeNode = index
    }
}
