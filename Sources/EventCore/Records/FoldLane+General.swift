/// The general path of the fold, out of line: concurrent events, several heads, deletes, tombstones, fields without a place.
extension FoldLane {
    /// What of a record an event's context covers.
    private enum Cover {
        /// All: the context is the record's clock.
        case everything
        /// Nothing: the context is empty.
        case nothing
        /// What these pairs cover.
        case pairs(UnsafeBufferPointer<DotPair>)

        /// Whether it covers this dot.
        func covers(_ device: UInt32, _ seq: UInt32) -> Bool {
            switch self {
            case .everything: true
            case .nothing: false
            case .pairs(let pairs): pairs.contains { $0.device == device && $0.seq >= seq }
            }
        }

        /// Whether it names just this dot, and so covers its whole context: contexts are closed.
        func names(_ device: UInt32, _ seq: UInt32) -> Bool {
            switch self {
            case .everything: true
            case .nothing: false
            case .pairs(let pairs): pairs.contains { $0.device == device && $0.seq == seq }
            }
        }

        func covers(_ slot: Slot) -> Bool { covers(slot.device, slot.seq) }
    }

    /// Applies a row as semantics say, whatever stands in the record; false when it names heads that the record does not have.
    @inline(never)
    mutating func applyGeneral(
        _ row: DecodedRow, _ shape: DecodedShape, _ key: UnsafeMutablePointer<DecodedKey>, _ block: borrowing DecodedBlock,
        _ position: UInt32
    ) -> Bool {
        guard let cover = cover(of: row, view.cell(key.pointee.cell), block) else { return false }
        let hadSiblings = view.cell(key.pointee.cell).extra != 0
        replaceHeads(row, view.cell(key.pointee.cell), cover)
        dropNodes(view.cell(key.pointee.cell), .tombstone, cover)
        if shape.count == 0 {
            dropEntries(view.cell(key.pointee.cell), cover, block)
            addNode(.tombstone, to: view.cell(key.pointee.cell), row.device, row.seq)
        } else {
            if shape.places & ~view.cell(key.pointee.cell).layout != 0 { makeRoom(key, places: shape.places) }
            for write in 0..<Int(shape.count) {
                let value = block.valueBase + Int(block.values.base[Int(row.value) + write])
                addEntry(row, view.cell(key.pointee.cell), block.shapeFields.base[Int(shape.first) + write], value, cover)
            }
        }
        if hadSiblings || view.cell(key.pointee.cell).extra != 0 { note(row, view.cell(key.pointee.cell)) }
        if case .pairs(let pairs) = cover { for pair in pairs { advanceClock(key, pair.device, pair.seq) } }
        advanceClock(key, row.device, row.seq)
        linkHistory(view.cell(key.pointee.cell), position)
        return true
    }

    /// Where nothing but siblings of fields stands beside the cell: drops those of the fields that the row, which covers everything, writes.
    ///
    /// - Returns: false where there are further heads or tombstones, with nothing done.
    @inline(never)
    mutating func dropSiblings(_ cell: Cell, _ row: DecodedRow, _ shape: DecodedShape, _ block: borrowing DecodedBlock) -> Bool {
        var index = cell.extra
        while index != 0 {
            let node = view.node(index)
            guard node.isOf(.entry) else { return false }
            index = node.next
        }
        let fields = UnsafeBufferPointer(start: block.shapeFields.base + Int(shape.first), count: Int(shape.count))
        var before: Node?
        var isChanged = false
        index = cell.extra
        while index != 0 {
            let node = view.node(index)
            let next = node.next
            if fields.contains(where: { $0.field == node.field }) {
                forget(node.slot)
                unlink(index, behind: before, of: cell)
                isChanged = true
            } else {
                before = node
            }
            index = next
        }
        if isChanged { note(row, cell) }
        return true
    }

    /// What the row leaves side by side; the fields that it writes without siblings need not have been written.
    private func note(_ row: DecodedRow, _ cell: Cell) {
        watch?.note(DotPair(device: row.device, seq: row.seq), cell, in: view, typical)
    }

    // MARK: - What the context covers

    private func cover(of row: DecodedRow, _ cell: Cell, _ block: borrowing DecodedBlock) -> Cover? {
        let pairs = UnsafeBufferPointer(start: block.pairs.base + Int(row.head.device), count: Int(row.head.seq))
        switch row.form {
        // The first event of a record is its only head, and covers all that there is.
        case BlockBuilder.RowFlags.emptyForm: return cell.headSeq == 0 ? .everything : .nothing
        case BlockBuilder.RowFlags.oneHeadForm: return !cell.isInexact && headCount(cell) == 1 && isHead(cell, row.head) ? .everything : nil
        case BlockBuilder.RowFlags.headsForm:
            return !cell.isInexact && headCount(cell) == pairs.count && pairs.allSatisfy { isHead(cell, $0) } ? .everything : nil
        default: return isClock(cell, pairs) ? .everything : .pairs(pairs)
        }
    }

    /// Whether the pairs are just the record's clock; both name each device once.
    private func isClock(_ cell: Cell, _ pairs: UnsafeBufferPointer<DotPair>) -> Bool {
        cell.clockCount == pairs.count && pairs.allSatisfy { cell.clockSeq(of: $0.device) == $0.seq }
    }

    // MARK: - Heads

    private func headCount(_ cell: Cell) -> Int {
        var count = 1
        view.forEachNode(cell) { if $0.isOf(.head) { count += 1 } }
        return count
    }

    private func isHead(_ cell: Cell, _ dot: DotPair) -> Bool {
        var isFound = cell.headDevice == dot.device && cell.headSeq == dot.seq
        view.forEachNode(cell) { if $0.isOf(.head) && $0.slot.device == dot.device && $0.slot.seq == dot.seq { isFound = true } }
        return isFound
    }

    /// Drops the heads that the context covers and makes the row's dot one; keeps note of whether the clock is still the join of the heads'
    /// contexts and dots. It is when every dropped head was named itself, since then its context is covered too.
    private mutating func replaceHeads(_ row: DecodedRow, _ cell: Cell, _ cover: Cover) {
        let (device, seq) = (cell.headDevice, cell.headSeq)
        var isInexact = false
        view.forEachNode(cell) { node in
            guard node.isOf(.head) else { return }
            if cover.covers(node.slot) && !cover.names(node.slot.device, node.slot.seq) { isInexact = true }
        }
        dropNodes(cell, .head, cover)
        if cover.covers(device, seq) {
            if !cover.names(device, seq) { isInexact = true }
        } else {
            addNode(.head, to: cell, device, seq)
        }
        cell.headDevice = row.device
        cell.headSeq = row.seq
        if case .everything = cover {
            cell.isInexact = false
        } else if isInexact {
            cell.isInexact = true
        }
    }

    // MARK: - Entries

    /// Drops the field's covered entries and adds the row's.
    private mutating func addEntry(_ row: DecodedRow, _ cell: Cell, _ field: ShapeField, _ value: UnsafeRawPointer, _ cover: Cover) {
        dropNodes(cell, .entry, cover, field: field.field)
        guard field.place != 0 else {
            fill(addNode(.entry, to: cell, 0, 0, field: field.field).slot, row.device, row.seq, value)
            return
        }
        let slot = cell.slot(at: field.place)
        if slot.isAbsent || cover.covers(slot) {
            forget(slot)
            fill(slot, row.device, row.seq, value)
        } else {
            fill(addNode(.entry, to: cell, 0, 0, field: field.field).slot, row.device, row.seq, value)
        }
    }

    /// Drops every covered entry of every field.
    private mutating func dropEntries(_ cell: Cell, _ cover: Cover, _ block: borrowing DecodedBlock) {
        dropNodes(cell, .entry, cover)
        var places = cell.layout
        while places != 0 {
            let place = places & (0 &- places)
            places &= places - 1
            let slot = cell.slot(at: place)
            guard !slot.isAbsent && cover.covers(slot) else { continue }
            forget(slot)
            if !promoteEntry(of: place, cell, into: slot) { slot.clear() }
        }
    }

    /// Moves a further entry of the field at `place` from its node into the field's slot; false when there is none.
    private mutating func promoteEntry(of place: UInt64, _ cell: Cell, into slot: Slot) -> Bool {
        let field = typical[Int(cell.collection)].fields[place.trailingZeroBitCount]
        var before: Node?
        var index = cell.extra
        while index != 0 {
            let node = view.node(index)
            if node.isOf(.entry) && node.field == field {
                slot.copy(node.slot)
                unlink(index, behind: before, of: cell)
                return true
            }
            before = node
            index = node.next
        }
        return false
    }

    private mutating func forget(_ slot: Slot) {
        if slot.isBlob { memory.deadBlobBytes += slot.blobLength }
    }

    // MARK: - Nodes

    @discardableResult
    private mutating func addNode(_ kind: Node.Kind, to cell: Cell, _ device: UInt32, _ seq: UInt32, field: UInt32 = 0) -> Node {
        let index = memory.takeNode(view, regions)
        let node = view.node(index)
        node.begin(kind, of: view.number(of: cell), next: cell.extra, field: field)
        node.slot.setDot(device, seq, tag: 0)
        cell.extra = index
        return node
    }

    /// Drops the covered nodes of a kind, of one field or of all.
    private mutating func dropNodes(_ cell: Cell, _ kind: Node.Kind, _ cover: Cover, field: UInt32? = nil) {
        var before: Node?
        var index = cell.extra
        while index != 0 {
            let node = view.node(index)
            let next = node.next
            let isOfField = field.map { node.field == $0 } ?? true
            if node.isOf(kind) && isOfField && cover.covers(node.slot) {
                if kind == .entry { forget(node.slot) }
                unlink(index, behind: before, of: cell)
            } else {
                before = node
            }
            index = next
        }
    }

    private mutating func unlink(_ index: UInt32, behind before: Node?, of cell: Cell) {
        let next = view.node(index).next
        if let before { before.next = next } else { cell.extra = next }
        memory.freeNode(index, view)
    }
}
