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

    deinit { syncline_release(slots, capacity * MemoryLayout<UInt64>.stride) }

    var capacity: Int { Int(mask) + 1 }

    /// Four times as large and empty; the caller inserts every cell again.
    mutating func growEmptied() {
        let larger = capacity * 4
        syncline_release(slots, capacity * MemoryLayout<UInt64>.stride)
        slots = Self.reserve(larger)
        mask = UInt64(larger - 1)
    }

    /// Holds the slots of a checkpoint's section, a power of two of them.
    mutating func replace(by bytes: UnsafeRawBufferPointer) {
        let count = bytes.count / MemoryLayout<UInt64>.stride
        precondition(count > 0 && count & (count - 1) == 0)
        syncline_release(slots, capacity * MemoryLayout<UInt64>.stride)
        slots = Self.reserve(count)
        mask = UInt64(count - 1)
        UnsafeMutableRawBufferPointer(start: slots, count: bytes.count).copyMemory(from: bytes)
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

    private static func reserve(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        let byteCount = capacity * MemoryLayout<UInt64>.stride
        guard let base = syncline_reserve(byteCount), syncline_commit(base, 0, byteCount) == 0 else {
            preconditionFailure("no memory left for an index of \(capacity) slots")
        }
        return base.bindMemory(to: UInt64.self, capacity: capacity)
    }
}
