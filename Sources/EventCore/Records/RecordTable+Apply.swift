extension RecordTable {
    /// Applies one row to its record; false when it is not well-formed or does not fit the table.
    @inline(__always)
    mutating func apply(_ row: UnsafeMutablePointer<DecodedRow>) -> Bool {
        let appliedSeq = (applied.base + Int(row.pointee.device) &* 4).assumingMemoryBound(to: UInt32.self)
        guard row.pointee.seq == appliedSeq.pointee &+ 1 || (!isGapless && row.pointee.seq > appliedSeq.pointee) else { return false }
        appliedSeq.pointee = row.pointee.seq
        var cell = row.pointee.cell
        if cell == 0 || !isCell(cell, of: row.pointee.key, Int(row.pointee.keyLength), collection: row.pointee.collection) {
            cell = find(row.pointee.key, Int(row.pointee.keyLength), collection: row.pointee.collection, hash: row.pointee.hash)
            if cell == 0 {
                // The first event of a record builds on nothing.
                guard row.pointee.form == BlockBuilder.RowFlags.emptyForm else { return false }
                return applyFirst(row)
            }
        }
        let base = pointer(cell)
        let isPlain =
            row.pointee.form == BlockBuilder.RowFlags.oneHeadForm && !row.pointee.isDelete
            && base.load(fromByteOffset: CellLayout.headDevice, as: UInt32.self) == row.pointee.headDevice
            && base.load(fromByteOffset: CellLayout.headSeq, as: UInt32.self) == row.pointee.headSeq
            && base.load(fromByteOffset: CellLayout.extra, as: UInt32.self) == 0
            && base.load(fromByteOffset: CellLayout.flags, as: UInt8.self) == 0
        // The context is the record's clock: nothing is concurrent, each written field is simply replaced.
        return isPlain ? applyCovering(row, cell) : applyGeneral(row, cell)
    }

    /// A new record.
    @inline(never)
    private mutating func applyFirst(_ row: UnsafeMutablePointer<DecodedRow>) -> Bool {
        var at = row.pointee.body
        let writeCount = row.pointee.isDelete ? 0 : Int(truncatingIfNeeded: varint(&at))
        guard writeCount <= row.pointee.end - row.pointee.body else { return false }
        let collection = Int(row.pointee.collection)
        let cell = newCell(
            key: row.pointee.key, keyLength: Int(row.pointee.keyLength), collection: row.pointee.collection,
            clockCapacity: max(Int(typicalClock[collection]), 1), slotCapacity: max(Int(typicalSlots[collection]), writeCount))
        recordCount &+= 1
        index.insert(hash: row.pointee.hash, cell: cell)
        pointer(cell).storeBytes(of: Self.noPosition, toByteOffset: CellLayout.lastPosition, as: UInt32.self)
        if row.pointee.isDelete { addNode(NodeLayout.tombstone, to: cell, row.pointee.device, row.pointee.seq) }
        return applyCovering(row, cell)
    }

    /// Writes the row's fields over whatever stands there, and makes its dot the record's head.
    @inline(__always)
    private mutating func applyCovering(_ row: UnsafeMutablePointer<DecodedRow>, _ first: UInt32) -> Bool {
        var cell = first
        if !row.pointee.isDelete {
            guard forEachWrite(row, { table, write, hint in table.writeSlot(row, &cell, write, &hint) }) else { return false }
        }
        cell = advanceClock(row, cell, row.pointee.device, row.pointee.seq)
        let base = pointer(cell)
        base.storeBytes(of: row.pointee.device, toByteOffset: CellLayout.headDevice, as: UInt32.self)
        base.storeBytes(of: row.pointee.seq, toByteOffset: CellLayout.headSeq, as: UInt32.self)
        noteHistory(base)
        return true
    }

    /// Links the event into its record's history and takes its position.
    @inline(__always)
    func linkHistory(_ base: UnsafeMutableRawPointer) {
        let last = base.load(fromByteOffset: CellLayout.lastPosition, as: UInt32.self)
        previous.base.storeBytes(of: last, toByteOffset: Int(eventCount) &* 4, as: UInt32.self)
        base.storeBytes(of: eventCount, toByteOffset: CellLayout.lastPosition, as: UInt32.self)
    }

    @inline(__always)
    mutating func noteHistory(_ base: UnsafeMutableRawPointer) {
        linkHistory(base)
        eventCount &+= 1
    }

    /// One write of a row's body: the field's number, the value's tag, where its payload lies, and how long it is.
    struct Write: BitwiseCopyable {
        var field: UInt32
        var tag: UInt8
        var payload: UnsafeRawPointer
        var length: Int
    }

    /// Calls `body` with each write of the row and a hint that it may keep from one write to the next; false when the body is not well-formed.
    @inline(__always)
    mutating func forEachWrite(
        _ row: UnsafeMutablePointer<DecodedRow>, _ body: (inout RecordTable, Write, inout Int) -> Void
    ) -> Bool {
        var at = row.pointee.body
        let end = row.pointee.end
        var left = varint(&at)
        var hint = 0
        guard left > 0 else { return false }
        while left > 0 {
            left &-= 1
            let number = varint(&at)
            guard number < UInt64(truncatingIfNeeded: scratch.fieldCount) && at < end else { return false }
            let tag = at.load(as: UInt8.self)
            at += 1
            var length = Int(tag & 31)
            if tag >> 5 >= ValueCode.special {
                guard tag <= ValueCode.trueTag else { return false }
                length = 0
            } else if length == Int(ValueCode.longLength) {
                let long = varint(&at)
                guard at <= end && long <= UInt64(truncatingIfNeeded: end - at) else { return false }
                length = Int(truncatingIfNeeded: long)
            }
            guard length <= end - at else { return false }
            body(&self, Write(field: scratch.fields[Int(truncatingIfNeeded: number)], tag: tag, payload: at, length: length), &hint)
            at += length
        }
        return at == end
    }

    /// Where the slots of a cell begin.
    @inline(__always)
    func slots(_ base: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let keyLength = Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self))
        let clockCapacity = Int(base.load(fromByteOffset: CellLayout.clockCapacity, as: UInt32.self))
        return base + (CellLayout.clockOffset(keyLength: keyLength) &+ clockCapacity &* CellLayout.clockEntryBytes)
    }

    /// The slot of `field`; nil when the record has none. Begins to look behind the last one found, since events tend to write in one order.
    @inline(__always)
    func slot(_ base: UnsafeMutableRawPointer, of field: UInt32, _ hint: inout Int) -> UnsafeMutableRawPointer? {
        let count = Int(base.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self))
        let first = slots(base)
        var at = hint < count ? hint : 0
        for _ in 0..<count {
            let slot = first + at &* CellLayout.slotBytes
            at &+= 1
            if slot.load(fromByteOffset: CellLayout.slotField, as: UInt32.self) == field {
                hint = at
                return slot
            }
            if at == count { at = 0 }
        }
        return nil
    }

    /// Replaces the field's slot, or adds one.
    @inline(__always)
    private mutating func writeSlot(_ row: UnsafeMutablePointer<DecodedRow>, _ cell: inout UInt32, _ write: Write, _ hint: inout Int) {
        if let slot = slot(pointer(cell), of: write.field, &hint) {
            if slot.load(fromByteOffset: CellLayout.slotTag, as: UInt8.self) & 31 == ValueCode.longLength { forgetBlob(slot) }
            fill(slot, row, write)
        } else {
            fill(addSlot(row, &cell), row, write)
        }
    }

    /// A new slot at the end of the cell's; moves the cell when it is full.
    @inline(__always)
    mutating func addSlot(_ row: UnsafeMutablePointer<DecodedRow>, _ cell: inout UInt32) -> UnsafeMutableRawPointer {
        var base = pointer(cell)
        let count = base.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self)
        if count == base.load(fromByteOffset: CellLayout.slotCapacity, as: UInt32.self) {
            cell = moveCell(cell, hash: row.pointee.hash, moreClock: false, moreSlots: true)
            base = pointer(cell)
        }
        base.storeBytes(of: count &+ 1, toByteOffset: CellLayout.slotCount, as: UInt32.self)
        return slots(base) + Int(count) &* CellLayout.slotBytes
    }

    /// Writes dot, field and value into a slot. Copies a whole slot's payload, of which the tag says how much counts.
    @inline(__always)
    mutating func fill(_ slot: UnsafeMutableRawPointer, _ row: UnsafeMutablePointer<DecodedRow>, _ write: Write) {
        slot.storeBytes(of: row.pointee.seq, toByteOffset: CellLayout.slotSeq, as: UInt32.self)
        slot.storeBytes(of: write.field, toByteOffset: CellLayout.slotField, as: UInt32.self)
        if write.length <= CellLayout.inlineBytes {
            slot.storeBytes(
                of: row.pointee.device | UInt32(Self.inlineTag(write)) << 24, toByteOffset: CellLayout.slotDevice, as: UInt32.self)
            (slot + CellLayout.slotPayload).copyMemory(from: write.payload, byteCount: CellLayout.inlineBytes)
        } else {
            fillBlob(slot, row, write)
        }
    }

    /// The tag with the payload's length, also where a varint had it.
    @inline(__always)
    private static func inlineTag(_ write: Write) -> UInt8 {
        write.tag >> 5 == ValueCode.special ? write.tag : write.tag & 0xE0 | UInt8(truncatingIfNeeded: write.length)
    }

    @inline(never)
    private mutating func fillBlob(_ slot: UnsafeMutableRawPointer, _ row: UnsafeMutablePointer<DecodedRow>, _ write: Write) {
        let offset = blobs.grow(by: write.length)
        (blobs.base + offset).copyMemory(from: write.payload, byteCount: write.length)
        let tag = write.tag & 0xE0 | ValueCode.longLength
        slot.storeBytes(of: row.pointee.device | UInt32(tag) << 24, toByteOffset: CellLayout.slotDevice, as: UInt32.self)
        slot.storeBytes(of: UInt64(offset), toByteOffset: CellLayout.slotPayload, as: UInt64.self)
        slot.storeBytes(of: UInt32(write.length), toByteOffset: CellLayout.slotPayload + 8, as: UInt32.self)
    }

    /// Counts the blob of a slot that is about to be overwritten or dropped.
    @inline(never)
    mutating func forgetBlob(_ slot: UnsafeRawPointer) {
        deadBlobBytes += Int(slot.loadUnaligned(fromByteOffset: CellLayout.slotPayload + 8, as: UInt32.self))
    }

    /// Makes the record's clock cover (device, seq); returns the cell, which may have moved.
    @inline(__always)
    mutating func advanceClock(_ row: UnsafeMutablePointer<DecodedRow>, _ cell: UInt32, _ device: UInt32, _ seq: UInt32) -> UInt32 {
        let base = pointer(cell)
        let count = Int(base.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self))
        let clock = base + CellLayout.clockOffset(keyLength: Int(row.pointee.keyLength))
        for entry in 0..<count where clock.load(fromByteOffset: entry &* CellLayout.clockEntryBytes, as: UInt32.self) == device {
            let at = entry &* CellLayout.clockEntryBytes &+ 4
            if clock.load(fromByteOffset: at, as: UInt32.self) < seq { clock.storeBytes(of: seq, toByteOffset: at, as: UInt32.self) }
            return cell
        }
        return addClockEntry(row, cell, device, seq)
    }

    @inline(never)
    private mutating func addClockEntry(_ row: UnsafeMutablePointer<DecodedRow>, _ first: UInt32, _ device: UInt32, _ seq: UInt32) -> UInt32
    {
        var cell = first
        var base = pointer(cell)
        let count = base.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self)
        if count == base.load(fromByteOffset: CellLayout.clockCapacity, as: UInt32.self) {
            cell = moveCell(cell, hash: row.pointee.hash, moreClock: true, moreSlots: false)
            base = pointer(cell)
        }
        let clock = base + CellLayout.clockOffset(keyLength: Int(row.pointee.keyLength))
        clock.storeBytes(of: device, toByteOffset: Int(count) * CellLayout.clockEntryBytes, as: UInt32.self)
        clock.storeBytes(of: seq, toByteOffset: Int(count) * CellLayout.clockEntryBytes + 4, as: UInt32.self)
        base.storeBytes(of: count + 1, toByteOffset: CellLayout.clockCount, as: UInt32.self)
        return cell
    }
}
