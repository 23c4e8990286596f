/// Reads a payload from front to back; every read is checked against the end.
package struct ByteCursor {
    package let bytes: UnsafeRawBufferPointer
    package private(set) var offset: Int

    package init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func byte() throws(BlockError) -> UInt8 {
        guard offset < bytes.count else { throw .malformed(offset: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inline(__always)
    package mutating func varint() throws(BlockError) -> UInt64 {
        if offset < bytes.count && bytes[offset] < 0x80 {
            defer { offset &+= 1 }
            return UInt64(bytes[offset])
        }
        return try longVarint()
    }

    @inline(never)
    private mutating func longVarint() throws(BlockError) -> UInt64 {
        let start = offset
        var (number, shift) = (UInt64(0), UInt64(0))
        while true {
            let next = try byte()
            if shift == 63 && next > 1 { throw .malformed(offset: start) }
            number |= UInt64(next & 0x7F) << shift
            if next < 0x80 {
                // One number, one spelling: a last byte of zero would be a second one.
                guard next != 0 || shift == 0 else { throw .malformed(offset: start) }
                return number
            }
            shift += 7
        }
    }

    /// A varint that counts things of which at least `unitBytes` each must still follow.
    package mutating func count(unitBytes: Int = 1) throws(BlockError) -> Int {
        let start = offset
        let number = try varint()
        guard number <= UInt64((bytes.count - offset) / unitBytes) else { throw .malformed(offset: start) }
        return Int(number)
    }

    /// The number that lies a zigzag-folded varint away from `from`.
    package mutating func delta(from: UInt64) throws(BlockError) -> UInt64 {
        from.advanced(zigzag: try varint())
    }

    @inline(__always)
    package mutating func take(_ count: Int) throws(BlockError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else { throw .malformed(offset: offset) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    }

    /// A name of one length byte and its UTF-8.
    package mutating func name() throws(BlockError) -> Name {
        let start = offset
        do { return try Name(utf8: try nameBytes()) } catch { throw .malformed(offset: start) }
    }

    /// The UTF-8 of what may be a name.
    mutating func nameBytes() throws(BlockError) -> UnsafeRawBufferPointer { try take(Int(try byte())) }
}
