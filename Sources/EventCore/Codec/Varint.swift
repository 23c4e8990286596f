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
        appendVarint(UInt64.zigzag(from: from, to: to))
    }
}

extension UInt64 {
    /// How far `to` lies above (or below) `from`, folded so that small distances are small numbers. Wraps.
    static func zigzag(from: UInt64, to: UInt64) -> UInt64 {
        let delta = Int64(bitPattern: to &- from)
        return UInt64(bitPattern: delta << 1 ^ delta >> 63)
    }

    /// The number that lies the distance `folded` away; the inverse of `zigzag`.
    @inline(__always)
    func advanced(zigzag folded: UInt64) -> UInt64 { self &+ (folded >> 1 ^ (0 &- (folded & 1))) }
}
