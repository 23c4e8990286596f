/// Numbers as they lie in the files of the store: little-endian, unaligned.
extension [UInt8] {
    /// Appends a number.
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Overwrites the bytes at `offset` with a number.
    mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        Swift.withUnsafeBytes(of: number.littleEndian) { bytes in
            for (index, byte) in bytes.enumerated() { self[offset + index] = byte }
        }
    }

    /// Overwrites the bytes at `offset`.
    mutating func store(_ bytes: [UInt8], at offset: Int) {
        replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }

    /// Whether all bytes from `offset` on are zero.
    func isZero(from offset: Int) -> Bool {
        var (next, bits): (Int, UInt64) = (offset, 0)
        while next + 8 <= count {
            bits |= number(at: next, as: UInt64.self)
            next += 8
        }
        return bits == 0 && self[next...].allSatisfy { $0 == 0 }
    }

    /// Reads a number; the bytes are there.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        withUnsafeBytes { $0.number(at: offset) }
    }
}

extension UnsafeRawBufferPointer {
    /// Reads a number; the bytes are there.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        precondition(offset >= 0)
        precondition(offset + MemoryLayout<Number>.size <= count)
        return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
