internal import CMemory

/// Open addressing from a key's hash to its cell: each slot holds the hash's upper half as a tag above the cell; 0 is an empty slot.
///
/// The tag's upper bits are the place, so that growing reads nothing but the index itself. The two halves of the index never overflow into each other: each may
/// belong to another thread. Kept at most three quarters full, so that a probe is nearly always one cache line. Records are never removed.
struct RecordIndex: ~Copyable {
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var bits: UInt64

    init(bits: UInt64) {
        precondition(bits >= 2 && bits <= 32)
        slots = Self.reserve(1 << Int(bits))
        self.bits = bits
    }

    deinit { Self.release(slots, capacity) }

    var capacity: Int { 1 << Int(bits) }

    /// Whether so many cells in each half are no reason to grow.
    func holds(_ counts: (Int, Int)) -> Bool { Self.holds(counts, bits: bits) }

    private static func holds(_ counts: (Int, Int), bits: UInt64) -> Bool { max(counts.0, counts.1) * 8 <= 3 << Int(bits) }

    /// Twice as large, as often as it takes to hold so many cells in each half.
    mutating func grow(holding counts: (Int, Int)) {
        var wanted = bits
        while !Self.holds(counts, bits: wanted) { wanted += 1 }
        guard wanted > bits else { return }
        precondition(wanted <= 32)
        let (old, oldCapacity) = (slots, capacity)
        slots = Self.reserve(1 << Int(wanted))
        bits = wanted
        let new = IndexView(slots: slots, bits: bits)
        for at in 0..<oldCapacity where old[at] != 0 { new.insert(old[at]) }
        Self.release(old, oldCapacity)
    }

    /// Holds `count` slots, a power of two, that somebody lets stand in its memory.
    ///
    /// - Parameter place: puts the slots into the pages handed to it; false when it could not.
    mutating func adopt(_ count: Int, _ place: (UnsafeMutableRawBufferPointer) -> Bool) -> Bool {
        precondition(count >= 4 && count & (count - 1) == 0)
        Self.release(slots, capacity)
        slots = Self.reserve(count)
        bits = UInt64(count.trailingZeroBitCount)
        return place(UnsafeMutableRawBufferPointer(start: slots, count: Self.byteCount(count)))
    }

    /// In whole pages.
    private static func byteCount(_ capacity: Int) -> Int { Region.wholePages(capacity * MemoryLayout<UInt64>.stride) }

    private static func release(_ slots: UnsafeMutablePointer<UInt64>, _ capacity: Int) { syncline_release(slots, byteCount(capacity)) }

    private static func reserve(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        let byteCount = byteCount(capacity)
        guard let base = syncline_reserve(byteCount), syncline_commit(base, 0, byteCount) == 0 else {
            preconditionFailure("no memory left for an index of \(capacity) slots")
        }
        return base.bindMemory(to: UInt64.self, capacity: capacity)
    }
}

/// The index's memory, as it is until it grows.
struct IndexView: BitwiseCopyable {
    let slots: UnsafeMutablePointer<UInt64>
    private let shift: UInt64
    /// The first slot of the upper half.
    private let half: Int

    init(slots: UnsafeMutablePointer<UInt64>, bits: UInt64) {
        self.slots = slots
        shift = 64 &- bits
        half = 1 << Int(bits &- 1)
    }

    /// The half in which a hash lies: 0 or 1.
    @inline(__always)
    static func half(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 63) }

    @inline(__always)
    static func word(hash: UInt64, cell: UInt32) -> UInt64 { hash & 0xFFFF_FFFF_0000_0000 | UInt64(cell) }

    /// Where the probe sequence of a hash begins.
    @inline(__always)
    func start(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> shift) }

    /// The slot behind this one, within the half.
    @inline(__always)
    func next(_ slot: Int) -> Int { slot & half | (slot &+ 1) & (half &- 1) }

    /// The first cell of the probe sequence whose tag fits, 0 for none; the key is to be compared when the cell's memory has come.
    @inline(__always)
    func candidate(_ hash: UInt64) -> UInt32 {
        var at = start(hash)
        while true {
            let word = slots[at]
            if word == 0 || word >> 32 == hash >> 32 { return UInt32(truncatingIfNeeded: word) }
            at = next(at)
        }
    }

    /// Puts a word into the first free slot of its probe sequence.
    @inline(__always)
    func insert(_ word: UInt64) {
        var at = start(word)
        while slots[at] != 0 { at = next(at) }
        slots[at] = word
    }

    /// Replaces a cell by the one that its record moved to.
    func replace(hash: UInt64, cell: UInt32, by moved: UInt32) {
        let word = Self.word(hash: hash, cell: cell)
        var at = start(hash)
        while slots[at] != word {
            precondition(slots[at] != 0, "a record is in the index")
            at = next(at)
        }
        slots[at] = Self.word(hash: hash, cell: moved)
    }
}
