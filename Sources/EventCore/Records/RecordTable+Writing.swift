/// What writing a record's next event needs to know of the record: no values.
extension TableView {
    /// The record's only head, when its clock is that head's context and dot: how nearly all contexts are written. nil where siblings or tombstones
    /// make it more; then `clockForm` says it.
    @inline(__always)
    func onlyHead(_ number: UInt32) -> DotPair? {
        let cell = cell(number)
        guard cell.extra == 0, !cell.isInexact else { return nil }
        return DotPair(device: cell.headDevice, seq: cell.headSeq)
    }

    /// How many devices the record's clock names.
    @inline(__always)
    func clockCount(_ number: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: cell(number).clockCount) }

    /// Asks for the index slot of a key.
    @inline(__always)
    func prefetchIndex(hash: UInt64) { prefetch(index.slots + index.start(hash)) }

    /// Asks for the cell that the first slot of a key's probe sequence names, which has come by now.
    @inline(__always)
    func prefetchCell(hash: UInt64) { prefetch(cell(UInt32(truncatingIfNeeded: index.slots[index.start(hash)])).base) }
}
