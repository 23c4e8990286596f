/// The rows of a block while they are written, each behind the varint of its length.
struct RowBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes of whole rows.
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Makes room for so many bytes of rows in all.
    mutating func reserve(_ wanted: Int) { if wanted > capacity { grow(to: wanted) } }

    /// Where the next row is to be written, with room for `capacity` bytes and the slack of `put`.
    @inline(__always)
    mutating func beginRow(capacity wanted: Int) -> UnsafeMutableRawPointer {
        let needed = count + Self.lengthBytes + wanted + UnsafeMutableRawPointer.slackBytes
        if needed > capacity { grow(to: needed) }
        // One byte for the length, which is enough for nearly all rows.
        return base + count + 1
    }

    /// Ends the row that was written up to `end`.
    @inline(__always)
    mutating func endRow(_ end: UnsafeMutableRawPointer) {
        let start = base + count + 1
        let length = end - start
        var at = base + count
        if length >= 0x80 {
            (start + (length < 0x4000 ? 1 : 2)).copyMemory(from: start, byteCount: length)
            precondition(length < 0x20_0000)
        }
        at.put(varint: UInt64(length))
        count = at - base + length
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func removeAll() { count = 0 }

    /// The most bytes that the length of a row takes.
    private static let lengthBytes = 3

    @inline(never)
    private mutating func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
