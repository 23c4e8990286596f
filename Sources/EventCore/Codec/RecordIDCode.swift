/// How a packed block writes a record's id: as it is, or two lower-case hexadecimal digits a byte.
enum RecordIDCode {
    /// Bytes that `unpack` may write behind the id.
    static let slackBytes = 8
    static let digits: [UInt8] = Array("0123456789abcdef".utf8)

    /// An id of an even number of lower-case hexadecimal digits in half its bytes; nil for any other.
    static func packed(_ id: [UInt8]) -> [UInt8]? {
        guard id.count % 2 == 0 else { return nil }
        var packed: [UInt8] = []
        packed.reserveCapacity(id.count / 2)
        for index in stride(from: 0, to: id.count, by: 2) {
            guard let high = digit(id[index]), let low = digit(id[index + 1]) else { return nil }
            packed.append(high << 4 | low)
        }
        return packed
    }

    /// Writes the digits of `count` packed bytes. Reads up to 3 bytes too many.
    @inline(__always)
    static func unpack(_ packed: UnsafeRawPointer, _ count: Int, to digits: UnsafeMutableRawPointer) {
        var offset = 0
        while offset < count {
            let four = UInt64(UInt32(littleEndian: packed.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            digits.storeBytes(of: Self.digits(four).littleEndian, toByteOffset: offset * 2, as: UInt64.self)
            offset &+= 4
        }
    }

    /// Eight digits from the lower four bytes of a number, all at once.
    @inline(__always)
    private static func digits(_ four: UInt64) -> UInt64 {
        var lanes = (four | four << 16) & 0x0000_FFFF_0000_FFFF
        lanes = (lanes | lanes << 8) & 0x00FF_00FF_00FF_00FF
        let halves = lanes >> 4 & 0x000F_000F_000F_000F | (lanes & 0x000F_000F_000F_000F) << 8
        let isLetter = (halves &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return halves &+ 0x3030_3030_3030_3030 &+ isLetter &* 39
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
