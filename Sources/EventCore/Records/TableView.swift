/// Where a table's memory lies: what reading and folding need, without the table itself.
///
/// The addresses hold as long as the table; the index's until it grows.
struct TableView: BitwiseCopyable {
    let cells: UnsafeMutableRawPointer
    let nodes: UnsafeMutableRawPointer
    let blobs: UnsafeMutableRawPointer
    let previous: UnsafeMutableRawPointer
    var index: IndexView

    @inline(__always)
    func cell(_ cell: UInt32) -> Cell { Cell(cells + Int(cell) << Cell.unitShift) }

    /// The number of a cell of this table.
    func number(of cell: Cell) -> UInt32 { UInt32(truncatingIfNeeded: (cell.base - cells) >> Cell.unitShift) }

    @inline(__always)
    func node(_ index: UInt32) -> Node { Node(nodes + Int(index) &* Node.bytes) }

    @inline(__always)
    func isCell(_ cell: UInt32, of key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32) -> Bool {
        let cell = self.cell(cell)
        return cell.keyLength == keyLength && cell.collection == collection && sameBytes(cell.key, key, keyLength)
    }

    /// The cell of the record, 0 when it has no event. `hash` is the hash of the same collection and key.
    @inline(__always)
    func find(_ key: UnsafeRawPointer, _ keyLength: Int, collection: UInt32, hash: UInt64) -> UInt32 {
        var at = index.start(hash)
        while true {
            let word = index.slots[at]
            if word == 0 { return 0 }
            if word >> 32 == hash >> 32 {
                let cell = UInt32(truncatingIfNeeded: word)
                if isCell(cell, of: key, keyLength, collection: collection) { return cell }
            }
            at = index.next(at)
        }
    }

    func forEachNode(_ cell: Cell, _ body: (Node) -> Void) {
        var index = cell.extra
        while index != 0 {
            let node = node(index)
            body(node)
            index = node.next
        }
    }

    /// The slots in use of a cell, each with its place as one bit.
    func forEachSlot(_ cell: Cell, _ body: (UInt64, Slot) -> Void) {
        var places = cell.layout
        var slot = cell.slots
        while places != 0 {
            let place = places & (0 &- places)
            if !Slot(slot).isAbsent { body(place, Slot(slot)) }
            places &= places &- 1
            slot += Slot.bytes
        }
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
