/// Writing rows straight into memory that has the room for them, and 32 bytes more: the caller has reserved both.
extension UnsafeMutableRawPointer {
    /// How many bytes beyond what they write these functions may touch.
    static var slackBytes: Int { 32 }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        storeBytes(of: byte, as: UInt8.self)
        self += 1
    }

    @inline(__always)
    mutating func put(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    /// A zigzag-folded varint, as `[UInt8].appendDelta` writes it.
    @inline(__always)
    mutating func put(deltaFrom from: UInt64, to: UInt64) {
        let delta = Int64(bitPattern: to &- from)
        put(varint: UInt64(bitPattern: delta << 1 ^ delta >> 63))
    }

    /// Copies bytes. At the source, too, up to `slackBytes` beyond them may be read.
    @inline(__always)
    mutating func put(slack source: UnsafeRawPointer, count: Int) {
        // Nearly all values are short: one copy of a fixed size is two instructions and no call.
        if count <= 32 {
            storeBytes(of: source.loadUnaligned(as: SIMD32<UInt8>.self), as: SIMD32<UInt8>.self)
        } else {
            copyMemory(from: source, byteCount: count)
        }
        self += count
    }

    /// Copies bytes and reads no others.
    @inline(__always)
    mutating func put(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return }
        copyMemory(from: base, byteCount: source.count)
        self += source.count
    }
}
