/// What writing a record's next event needs to know of the record: no values.
extension RecordTable {
    /// The record's only head, when its clock is that head's context and dot: how nearly all contexts are written. nil where siblings or tombstones
    /// make it more; then `clockForm` says it.
    @inline(__always)
    func onlyHead(_ cell: UInt32) -> DotPair? {
        let base = pointer(cell)
        guard base.load(fromByteOffset: CellLayout.extra, as: UInt32.self) == 0,
            base.load(fromByteOffset: CellLayout.flags, as: UInt8.self) == 0
        else { return nil }
        return DotPair(
            device: base.load(fromByteOffset: CellLayout.headDevice, as: UInt32.self),
            seq: base.load(fromByteOffset: CellLayout.headSeq, as: UInt32.self))
    }

    /// How many devices the record's clock names.
    @inline(__always)
    func clockCount(_ cell: UInt32) -> UInt32 { pointer(cell).load(fromByteOffset: CellLayout.clockCount, as: UInt32.self) }

    /// Asks for the index slot of a key.
    @inline(__always)
    func prefetchIndex(hash: UInt64) { prefetch(index.slots + Int(truncatingIfNeeded: hash & index.mask)) }

    /// Asks for the cell that the first slot of a key's probe sequence names, which has come by now.
    @inline(__always)
    func prefetchCell(hash: UInt64) {
        let word = index.slots[Int(truncatingIfNeeded: hash & index.mask)]
        prefetch(pointer(UInt32(truncatingIfNeeded: word)))
    }
}
