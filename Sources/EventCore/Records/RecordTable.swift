/// The records of a store: the fold of its events as flat, position-independent memory.
///
/// Every reference is an index into a region, so the regions' bytes are a checkpoint. `fold` is the only way in; it reads a block's bytes
/// and makes no object, no array and no string per event. Invariants: a record has a head in its cell; a field's first entry is a slot,
/// further ones are nodes; without nodes everything in the cell is live and agreed.
package struct RecordTable: ~Copyable {
    /// How much address space a table reserves.
    package enum Size {
        /// A store's table.
        case store
        /// A throw-away table for one record's history.
        case scratch
    }

    var cells: Region
    var nodes: Region
    var blobs: Region
    /// For each position the position of the record's event before it, `noPosition` at its first: a record's history, newest first.
    var previous: Region
    /// For each device the seq of its last folded event.
    var applied: Region
    var index: RecordIndex
    var scratch: FoldScratch

    package var devices = DeviceTable()
    package var collections = NameTable()
    package var fields = NameTable()
    /// How many slots and clock entries a record of each collection tends to need, so that a new cell need not move soon.
    var typicalSlots: [UInt32] = []
    var typicalClock: [UInt32] = []

    /// First free cell for each number of units.
    var freeCells = [UInt32](repeating: 0, count: Self.freeClassCount)
    var freeNode: UInt32 = 0

    /// What has been taken from a checkpoint and not looked at; nil when all memory is known to be right.
    var unchecked: UncheckedMemory?

    /// How many events have been folded; the next one's position.
    package internal(set) var eventCount: UInt32 = 0
    /// How many records have an event.
    package internal(set) var recordCount: UInt32 = 0
    /// The latest time of all folded events, as `HybridTime.packed`.
    package internal(set) var latestTime: UInt64 = 0
    /// Bytes of blobs that no entry refers to any more.
    package internal(set) var deadBlobBytes = 0

    /// Whether each event must continue its device's seq, as in a store's log; a record's own history has gaps.
    let isGapless: Bool

    static let freeClassCount = 256
    static let noPosition = UInt32.max

    package init(_ size: Size = .store) {
        let large = size == .store
        isGapless = large
        let gibibyte = 1 << 30
        cells = Region(reservedBytes: large ? 256 * gibibyte : gibibyte)
        nodes = Region(reservedBytes: large ? 16 * gibibyte : gibibyte / 4)
        blobs = Region(reservedBytes: large ? 256 * gibibyte : gibibyte)
        previous = Region(reservedBytes: large ? 16 * gibibyte : gibibyte / 4)
        applied = Region(reservedBytes: gibibyte / 4)
        index = RecordIndex(capacity: large ? 1 << 12 : 1 << 4)
        scratch = FoldScratch()
        // Cell 0 and node 0 mean "none".
        _ = cells.grow(by: 1 << CellLayout.unitShift)
        _ = nodes.grow(by: NodeLayout.bytes)
    }

    /// Bytes of memory in use by records, values and index.
    package var memoryBytes: Int {
        cells.usedBytes + nodes.usedBytes + blobs.usedBytes + previous.usedBytes + index.capacity * MemoryLayout<UInt64>.stride
    }

    /// The seq of the device's last folded event, 0 if none.
    package func appliedSeq(of device: DeviceID) -> UInt64 {
        guard let index = devices.index(of: device) else { return 0 }
        return UInt64(applied.base.load(fromByteOffset: Int(index) * 4, as: UInt32.self))
    }

    /// The store's version vector over all records together.
    package var versionVector: VersionVector {
        VersionVector(devices.devices.map { Dot(device: $0, seq: appliedSeq(of: $0)) })
    }

    // MARK: - Cells

    @inline(__always)
    func pointer(_ cell: UInt32) -> UnsafeMutableRawPointer { cells.base + Int(cell) << CellLayout.unitShift }

    @inline(__always)
    func node(_ index: UInt32) -> UnsafeMutableRawPointer { nodes.base + Int(index) &* NodeLayout.bytes }

    /// A zeroed cell but for its key, capacities and collection.
    @inline(__always)
    mutating func newCell(key: UnsafeRawPointer, keyLength: Int, collection: UInt32, clockCapacity: Int, slotCapacity: Int) -> UInt32 {
        let units = CellLayout.units(keyLength: keyLength, clockCapacity: clockCapacity, slotCapacity: slotCapacity)
        let cell: UInt32
        if units < Self.freeClassCount && freeCells[units] != 0 {
            cell = freeCells[units]
            freeCells[units] = pointer(cell).load(as: UInt32.self)
        } else {
            let offset = cells.grow(by: units << CellLayout.unitShift)
            precondition(offset >> CellLayout.unitShift < Int(UInt32.max))
            cell = UInt32(truncatingIfNeeded: offset >> CellLayout.unitShift)
        }
        let base = pointer(cell)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: CellLayout.headerBytes)
        base.storeBytes(of: collection, toByteOffset: CellLayout.collection, as: UInt32.self)
        base.storeBytes(of: UInt32(truncatingIfNeeded: slotCapacity), toByteOffset: CellLayout.slotCapacity, as: UInt32.self)
        base.storeBytes(of: UInt32(truncatingIfNeeded: clockCapacity), toByteOffset: CellLayout.clockCapacity, as: UInt32.self)
        base.storeBytes(of: UInt8(truncatingIfNeeded: keyLength), toByteOffset: CellLayout.keyLength, as: UInt8.self)
        (base + CellLayout.headerBytes).copyMemory(from: key, byteCount: keyLength)
        return cell
    }

    /// Moves a record to a cell with room for one more slot or clock entry; returns the new cell.
    @inline(never)
    mutating func moveCell(_ cell: UInt32, hash: UInt64, moreClock: Bool, moreSlots: Bool) -> UInt32 {
        let old = pointer(cell)
        let collection = Int(old.load(fromByteOffset: CellLayout.collection, as: UInt32.self))
        let keyLength = Int(old.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self))
        let clockCount = Int(old.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self))
        let slotCount = Int(old.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self))
        let oldClock = Int(old.load(fromByteOffset: CellLayout.clockCapacity, as: UInt32.self))
        let oldSlots = Int(old.load(fromByteOffset: CellLayout.slotCapacity, as: UInt32.self))
        let clockCapacity = moreClock ? Self.grown(oldClock, typical: &typicalClock[collection]) : oldClock
        let slotCapacity = moreSlots ? Self.grown(oldSlots, typical: &typicalSlots[collection]) : oldSlots
        let moved = newCell(
            key: old + CellLayout.headerBytes, keyLength: keyLength, collection: UInt32(collection), clockCapacity: clockCapacity,
            slotCapacity: slotCapacity)
        let new = pointer(moved)
        new.copyMemory(from: old, byteCount: CellLayout.headerBytes)
        new.storeBytes(of: UInt32(clockCapacity), toByteOffset: CellLayout.clockCapacity, as: UInt32.self)
        new.storeBytes(of: UInt32(slotCapacity), toByteOffset: CellLayout.slotCapacity, as: UInt32.self)
        let clockOffset = CellLayout.clockOffset(keyLength: keyLength)
        (new + clockOffset).copyMemory(from: old + clockOffset, byteCount: clockCount * CellLayout.clockEntryBytes)
        (new + clockOffset + clockCapacity * CellLayout.clockEntryBytes).copyMemory(
            from: old + clockOffset + oldClock * CellLayout.clockEntryBytes, byteCount: slotCount * CellLayout.slotBytes)
        index.replace(hash: hash, cell: cell, by: moved)
        freeCell(cell, units: CellLayout.units(keyLength: keyLength, clockCapacity: oldClock, slotCapacity: oldSlots))
        return moved
    }

    /// Half as much again, at least two more, and at least what records of the collection tend to need.
    private static func grown(_ capacity: Int, typical: inout UInt32) -> Int {
        let wanted = max(capacity + max(2, capacity / 2), min(Int(typical), learnedLimit))
        typical = max(typical, UInt32(min(capacity + 1, learnedLimit)))
        return wanted
    }

    private static let learnedLimit = 16

    private mutating func freeCell(_ cell: UInt32, units: Int) {
        let base = pointer(cell)
        base.storeBytes(of: CellLayout.freeFlag, toByteOffset: CellLayout.flags, as: UInt8.self)
        base.storeBytes(of: 0, toByteOffset: CellLayout.keyLength, as: UInt8.self)
        base.storeBytes(of: UInt32(units), toByteOffset: 4, as: UInt32.self)
        guard units < Self.freeClassCount else { return }
        base.storeBytes(of: freeCells[units], as: UInt32.self)
        freeCells[units] = cell
    }

    /// Calls `body` with each record's cell, in the order of memory.
    func forEachCell(_ body: (UInt32) throws -> Bool) rethrows {
        var unit = 1
        let end = cells.usedBytes >> CellLayout.unitShift
        while unit < end {
            let base = pointer(UInt32(unit))
            if base.load(fromByteOffset: CellLayout.flags, as: UInt8.self) & CellLayout.freeFlag != 0 {
                unit += Int(base.load(fromByteOffset: 4, as: UInt32.self))
                continue
            }
            let units = cellUnits(base)
            guard try body(UInt32(unit)) else { return }
            unit += units
        }
    }

    /// How many units the record's cell has.
    func cellUnits(_ base: UnsafeRawPointer) -> Int {
        CellLayout.units(
            keyLength: Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self)),
            clockCapacity: Int(base.load(fromByteOffset: CellLayout.clockCapacity, as: UInt32.self)),
            slotCapacity: Int(base.load(fromByteOffset: CellLayout.slotCapacity, as: UInt32.self)))
    }

    /// Makes the index four times as large.
    @inline(never)
    mutating func growIndex() {
        index.growEmptied()
        forEachCell { cell in
            let base = pointer(cell)
            let keyLength = Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self))
            let collection = base.load(fromByteOffset: CellLayout.collection, as: UInt32.self)
            index.insert(hash: keyHash(base + CellLayout.headerBytes, keyLength, collection: collection), cell: cell)
            return true
        }
    }

    /// The cell of the record, 0 when it has no event. `hash` is the hash of the same collection and key.
    @inline(__always)
    func find(_ key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32, hash: UInt64) -> UInt32 {
        var at = hash & index.mask
        let tag = hash >> 32
        while true {
            let word = index.slots[Int(truncatingIfNeeded: at)]
            if word == 0 { return 0 }
            if word >> 32 == tag {
                let cell = UInt32(truncatingIfNeeded: word)
                if isCell(cell, of: key, keyLength, collection: collection) { return cell }
            }
            at = (at &+ 1) & index.mask
        }
    }

    @inline(__always)
    func isCell(_ cell: UInt32, of key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32) -> Bool {
        let base = pointer(cell)
        guard Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self)) == keyLength else { return false }
        guard base.load(fromByteOffset: CellLayout.collection, as: UInt32.self) == collection else { return false }
        return sameBytes(base + CellLayout.headerBytes, key, keyLength)
    }
}

@inline(__always)
func sameBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
    while offset &+ 8 <= count {
        guard left.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        else {
            return false
        }
        offset &+= 8
    }
    while offset < count {
        guard left.load(fromByteOffset: offset, as: UInt8.self) == right.load(fromByteOffset: offset, as: UInt8.self) else { return false }
        offset &+= 1
    }
    return true
}
