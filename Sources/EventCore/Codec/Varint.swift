/// Variable-length integers: LEB128, low seven bits first; signed ones zigzag-folded before.
extension [UInt8] {
    package mutating func appendVarint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    package mutating func appendVarint(_ number: Int) {
        appendVarint(UInt64(number))
    }

    /// Appends how far `to` lies above (or below) `from`, as a zigzag-folded varint. Wraps, and so fits any two numbers.
    package mutating func appendDelta(from: UInt64, to: UInt64) {
        let delta = Int64(bitPattern: to &- from)
        appendVarint(UInt64(bitPattern: delta << 1 ^ delta >> 63))
    }
}
