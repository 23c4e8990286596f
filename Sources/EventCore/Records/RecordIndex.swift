internal import CMemory

/// Open addressing from a key's hash to its cell: each slot holds the hash's upper half as a tag above the cell; 0 is an empty slot.
///
/// Kept at most half full, so that a probe is nearly always one cache line. Records are never removed.
struct RecordIndex: ~Copyable {
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var mask: UInt64

    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        slots = Self.reserve(capacity)
        mask = UInt64(capacity - 1)
    }

    deinit { release() }

    var capacity: Int { Int(mask) + 1 }

    /// Four times as large and empty; the caller inserts every cell again.
    mutating func growEmptied() {
        let larger = capacity * 4
        release()
        slots = Self.reserve(larger)
        mask = UInt64(larger - 1)
    }

    /// Holds `count` slots, a power of two, that somebody lets stand in its memory.
    ///
    /// - Parameter place: puts the slots into the pages handed to it; false when it could not.
    mutating func adopt(_ count: Int, _ place: (UnsafeMutableRawBufferPointer) -> Bool) -> Bool {
        precondition(count > 0 && count & (count - 1) == 0)
        release()
        slots = Self.reserve(count)
        mask = UInt64(count - 1)
        return place(UnsafeMutableRawBufferPointer(start: slots, count: Region.wholePages(count * MemoryLayout<UInt64>.stride)))
    }

    @inline(__always)
    static func word(hash: UInt64, cell: UInt32) -> UInt64 { hash & 0xFFFF_FFFF_0000_0000 | UInt64(cell) }

    /// Puts `cell` into the first free slot of its probe sequence.
    @inline(__always)
    func insert(hash: UInt64, cell: UInt32) {
        var at = hash & mask
        while slots[Int(truncatingIfNeeded: at)] != 0 { at = (at &+ 1) & mask }
        slots[Int(truncatingIfNeeded: at)] = Self.word(hash: hash, cell: cell)
    }

    /// Replaces a cell by the one that its record moved to.
    func replace(hash: UInt64, cell: UInt32, by moved: UInt32) {
        let word = Self.word(hash: hash, cell: cell)
        var at = hash & mask
        while slots[Int(truncatingIfNeeded: at)] != word {
            precondition(slots[Int(truncatingIfNeeded: at)] != 0, "a record is in the index")
            at = (at &+ 1) & mask
        }
        slots[Int(truncatingIfNeeded: at)] = Self.word(hash: hash, cell: moved)
    }

    private func release() { syncline_release(slots, Region.wholePages(capacity * MemoryLayout<UInt64>.stride)) }

    private static func reserve(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        let byteCount = Region.wholePages(capacity * MemoryLayout<UInt64>.stride)
        guard let base = syncline_reserve(byteCount), syncline_commit(base, 0, byteCount) == 0 else {
            preconditionFailure("no memory left for an index of \(capacity) slots")
        }
        return base.bindMemory(to: UInt64.self, capacity: capacity)
    }
}
