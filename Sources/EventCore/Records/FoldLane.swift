/// One thread's part of the fold: applies decoded events to records. Two lanes may run at once when each keeps to its half of the index.
///
/// Semantics: "The fold" in Sources/README.md.
struct FoldLane {
    var view: TableView
    var memory: LaneMemory
    /// What records of each collection tend to need; shared, and changed only while one thread folds.
    var typical: UnsafePointer<TypicalCell>
    /// Records that were added in each half.
    var added = (0, 0)
    /// Records that outgrew their cells: collection, layout, clock count, to be learned from.
    var outgrown: [(collection: UInt32, layout: UInt64, clock: Int)] = []
    /// Where the link of an event at position 0 would lie: in the table's own memory, or beside it so that two threads do not write to the same cache lines.
    var links: UnsafeMutableRawPointer
    unowned(unsafe) let regions: Regions
    /// Who wants to know what events do to siblings.
    unowned(unsafe) let watch: SiblingWatch?

    /// Rows between asking for a record's memory and touching it.
    static let lookAhead = 12
    private static let batch = 32

    // MARK: - Looking up

    /// Looks for the lane's records of the block.
    func findKeys(_ block: borrowing DecodedBlock, _ lane: Int) {
        let (keys, places) = (block.keys.base, block.laneKeys(lane))
        var first = places.lowerBound
        while first < places.upperBound {
            let end = min(first &+ Self.batch, places.upperBound)
            for key in first..<end { prefetch(view.index.slots + view.index.start(keys[key].hash)) }
            for key in first..<end { keys[key].cell = view.index.candidate(keys[key].hash) }
            first = end
        }
    }

    // MARK: - Applying

    /// Applies the lane's events of the block; false when one does not fit the table.
    mutating func apply(_ block: borrowing DecodedBlock, _ lane: Int) -> Bool {
        let keys = block.keys.base
        let places = block.laneRows(lane)
        let (rows, count) = (block.rows.base + places.lowerBound, places.count)
        for row in 0..<count {
            let farAhead = row &+ 2 &* Self.lookAhead
            if farAhead < count { prefetchRecord(keys[Int(rows[farAhead].key)].cell) }
            let ahead = row &+ Self.lookAhead
            if ahead < count { prefetchSlots(rows[ahead], block) }
            guard apply(rows[row], block, position: block.position &+ rows[row].number) else { return false }
        }
        return true
    }

    /// Asks for a record's header and clock.
    @inline(__always)
    private func prefetchRecord(_ cell: UInt32) {
        let address = view.cell(cell).base
        prefetch(address)
        prefetch(address + 64)
    }

    /// Asks for the slots that a row will write, and for what stands beside them.
    @inline(__always)
    private func prefetchSlots(_ row: DecodedRow, _ block: borrowing DecodedBlock) {
        let cell = view.cell(block.keys.base[Int(row.key)].cell)
        let shape = block.shapes.base + Int(row.shape)
        let (layout, slots) = (cell.layout, cell.slots)
        let fields = block.shapeFields.base + Int(shape.pointee.first)
        for field in 0..<min(Int(shape.pointee.count), 8) {
            let slot = slots + Cell.slotIndex(layout, fields[field]) &* Slot.bytes
            prefetch(slot)
            prefetch(slot + Slot.bytes)
        }
        if cell.extra != 0 { prefetch(view.node(cell.extra).base) }
    }

    @inline(__always)
    private mutating func apply(_ row: DecodedRow, _ block: borrowing DecodedBlock, position: UInt32) -> Bool {
        let key = block.keys.base + Int(row.key)
        let shape = block.shapes.base[Int(row.shape)]
        if !view.isCell(key.pointee.cell, of: key.pointee.bytes, Int(key.pointee.length), collection: key.pointee.collection) {
            key.pointee.cell = view.find(
                key.pointee.bytes, Int(key.pointee.length), collection: key.pointee.collection, hash: key.pointee.hash)
            if key.pointee.cell == 0 {
                // The first event of a record builds on nothing.
                guard row.form == BlockBuilder.RowFlags.emptyForm else { return false }
                addRecord(key, shape)
                if shape.count > 0 && !shape.hasOverflow { return applyCovering(row, shape, key, block, position) }
            }
        }
        let cell = view.cell(key.pointee.cell)
        // The context is the record's clock: nothing is concurrent, each written field is simply replaced.
        let isPlain =
            row.form == BlockBuilder.RowFlags.oneHeadForm && cell.isExactHead(row.head.device, row.head.seq) && shape.count > 0
            && !shape.hasOverflow && (cell.extra == 0 || dropSiblings(cell, row, shape, block))
        return isPlain ? applyCovering(row, shape, key, block, position) : applyGeneral(row, shape, key, block, position)
    }

    /// An empty cell, and its place in the index.
    @inline(never)
    private mutating func addRecord(_ key: UnsafeMutablePointer<DecodedKey>, _ shape: DecodedShape) {
        let typical = self.typical[Int(key.pointee.collection)]
        let layout = typical.layout | shape.places
        let (slots, code) = (layout.nonzeroBitCount, Cell.clockCapacityCode(atLeast: typical.clock))
        let units = Cell.units(keyLength: Int(key.pointee.length), clockCapacityCode: code, slotCapacity: slots)
        let number = memory.takeCell(units, view, regions)
        let cell = view.cell(number)
        cell.begin(
            key: key.pointee.bytes, keyLength: Int(key.pointee.length), collection: key.pointee.collection, clockCapacityCode: code,
            slotCapacity: slots, units: units)
        cell.layout = layout
        cell.lastPosition = RecordTable.noPosition
        view.index.insert(IndexView.word(hash: key.pointee.hash, cell: number))
        key.pointee.cell = number
        if IndexView.half(key.pointee.hash) == 0 { added.0 += 1 } else { added.1 += 1 }
    }

    /// Writes the row's fields over whatever stands there, and makes its dot the record's head.
    @inline(__always)
    private mutating func applyCovering(
        _ row: DecodedRow, _ shape: DecodedShape, _ key: UnsafeMutablePointer<DecodedKey>, _ block: borrowing DecodedBlock,
        _ position: UInt32
    ) -> Bool {
        if shape.places & ~view.cell(key.pointee.cell).layout != 0 { makeRoom(key, places: shape.places) }
        advanceClock(key, row.device, row.seq)
        let cell = view.cell(key.pointee.cell)
        let (layout, slots) = (cell.layout, cell.slots)
        let fields = block.shapeFields.base + Int(shape.first)
        let values = block.values.base + Int(row.value)
        for write in 0..<Int(shape.count) {
            let slot = Slot(slots + Cell.slotIndex(layout, fields[write]) &* Slot.bytes)
            if slot.isBlob { memory.deadBlobBytes &+= slot.blobLength }
            fill(slot, row.device, row.seq, block.valueBase + Int(values[write]))
        }
        cell.headDevice = row.device
        cell.headSeq = row.seq
        linkHistory(cell, position)
        return true
    }

    /// Links the event into its record's history.
    @inline(__always)
    func linkHistory(_ cell: Cell, _ position: UInt32) {
        links.storeBytes(of: cell.lastPosition, toByteOffset: Int(position) &* 4, as: UInt32.self)
        cell.lastPosition = position
    }

    /// Writes dot and value into a slot. Copies a whole slot's payload, of which the tag says how much counts.
    @inline(__always)
    mutating func fill(_ slot: Slot, _ device: UInt32, _ seq: UInt32, _ value: UnsafeRawPointer) {
        let tag = value.load(as: UInt8.self)
        let length = tag & 31
        if length <= UInt8(Slot.inlineBytes) || tag >> 5 == ValueCode.special {
            slot.setDot(device, seq, tag: tag)
            slot.payload.copyMemory(from: value + 1, byteCount: Slot.inlineBytes)
        } else {
            fillBlob(slot, device, seq, value)
        }
    }

    @inline(never)
    private mutating func fillBlob(_ slot: Slot, _ device: UInt32, _ seq: UInt32, _ value: UnsafeRawPointer) {
        let tag = value.load(as: UInt8.self)
        var (payload, length) = (value + 1, Int(tag & 31))
        if length == Int(ValueCode.longLength) { length = Int(truncatingIfNeeded: varint(&payload)) }
        guard length > Slot.inlineBytes else {
            slot.setDot(device, seq, tag: tag & 0xE0 | UInt8(length))
            slot.payload.copyMemory(from: payload, byteCount: length)
            return
        }
        let offset = memory.takeBlob(length, regions)
        (view.blobs + offset).copyMemory(from: payload, byteCount: length)
        slot.setDot(device, seq, tag: tag & 0xE0 | ValueCode.longLength)
        slot.setBlob(offset: offset, length: length)
    }

    /// Makes the record's clock cover (device, seq); its cell may move.
    @inline(__always)
    mutating func advanceClock(_ key: UnsafeMutablePointer<DecodedKey>, _ device: UInt32, _ seq: UInt32) {
        let cell = view.cell(key.pointee.cell)
        let entry = cell.clockIndex(device)
        if entry < cell.clockCount && cell.clockDevice(entry) == device {
            let at = cell.clock + (entry &* Cell.clockEntryBytes &+ 4)
            if at.load(as: UInt32.self) < seq { at.storeBytes(of: seq, as: UInt32.self) }
            return
        }
        addClockEntry(key, entry, device, seq)
    }

    @inline(never)
    private mutating func addClockEntry(_ key: UnsafeMutablePointer<DecodedKey>, _ entry: Int, _ device: UInt32, _ seq: UInt32) {
        let count = view.cell(key.pointee.cell).clockCount
        if count == Cell.clockCapacity(view.cell(key.pointee.cell).clockCapacityCode) {
            move(key, clockCapacity: max(count + 1 + count / 2, typical[Int(key.pointee.collection)].clock), slotCapacity: nil)
        }
        let cell = view.cell(key.pointee.cell)
        let at = cell.clock + entry * Cell.clockEntryBytes
        (at + Cell.clockEntryBytes).copyMemory(from: at, byteCount: (count - entry) * Cell.clockEntryBytes)
        at.storeBytes(of: device, as: UInt32.self)
        at.storeBytes(of: seq, toByteOffset: 4, as: UInt32.self)
        cell.clockCount = count + 1
    }

    /// Gives the record's cell slots for these places too; it may move.
    @inline(never)
    mutating func makeRoom(_ key: UnsafeMutablePointer<DecodedKey>, places: UInt64) {
        let layout = view.cell(key.pointee.cell).layout | places
        let needed = layout.nonzeroBitCount
        if needed > view.cell(key.pointee.cell).slotCapacity {
            let typical = (self.typical[Int(key.pointee.collection)].layout | layout).nonzeroBitCount
            let roomy = min(needed + needed / 2, Cell.placeLimit)
            move(key, clockCapacity: nil, slotCapacity: max(needed, typical <= Schema.learnedLimit ? typical : roomy))
        }
        let cell = view.cell(key.pointee.cell)
        var missing = places & ~cell.layout
        while missing != 0 {
            let place = missing & (0 &- missing)
            let slots = cell.layout.nonzeroBitCount
            let before = (cell.layout & (place - 1)).nonzeroBitCount
            let at = cell.slots + before * Slot.bytes
            (at + Slot.bytes).copyMemory(from: at, byteCount: (slots - before) * Slot.bytes)
            Slot(at).clear()
            cell.layout |= place
            missing &= missing - 1
        }
    }

    /// Moves a record to a larger cell.
    private mutating func move(_ key: UnsafeMutablePointer<DecodedKey>, clockCapacity: Int?, slotCapacity: Int?) {
        let number = key.pointee.cell
        let old = view.cell(number)
        let code = clockCapacity.map(Cell.clockCapacityCode(atLeast:)) ?? old.clockCapacityCode
        let slots = slotCapacity ?? old.slotCapacity
        let units = Cell.units(keyLength: old.keyLength, clockCapacityCode: code, slotCapacity: slots)
        let moved = memory.takeCell(units, view, regions)
        let new = view.cell(moved)
        new.begin(
            key: old.key, keyLength: old.keyLength, collection: old.collection, clockCapacityCode: code, slotCapacity: slots, units: units)
        new.continueHeader(of: old)
        view.forEachNode(new) { $0.cell = moved }
        new.layout = old.layout
        new.clock.copyMemory(from: old.clock, byteCount: old.clockCount * Cell.clockEntryBytes)
        new.slots.copyMemory(from: old.slots, byteCount: old.layout.nonzeroBitCount * Slot.bytes)
        view.index.replace(hash: key.pointee.hash, cell: number, by: moved)
        outgrown.append((old.collection, old.layout, old.clockCount + 1))
        memory.freeCell(number, units: old.units, view)
        key.pointee.cell = moved
    }
}

/// What the lanes need to know of a collection's schema.
struct TypicalCell: BitwiseCopyable {
    /// What records tend to need.
    var layout: UInt64
    var clock: Int
    /// The field of each place.
    var fields: InlineArray<63, UInt32>
}
