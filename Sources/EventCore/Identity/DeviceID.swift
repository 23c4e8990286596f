/// The 128-bit random identity of a store that writes events; shown as a lower-case UUID.
///
/// The order is that of its sixteen bytes.
public struct DeviceID: Hashable, Comparable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// A device from its two big-endian halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the canonical text, 36 characters of lower-case hexadecimal with hyphens; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let device = Array(text.utf8).withUnsafeBufferPointer({ DeviceID(utf8: $0) }) else { return nil }
        self = device
    }

    /// Reads the same text from its bytes.
    package init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 36 else { return nil }
        let hyphen = UInt8(ascii: "-")
        guard text[8] == hyphen && text[13] == hyphen && text[18] == hyphen && text[23] == hyphen else { return nil }
        var isValid = true
        /// Appends the digits of a range to a number.
        func append(_ range: Range<Int>, to number: UInt64) -> UInt64 {
            var number = number
            for index in range {
                let (decimal, letter) = (text[index] &- UInt8(ascii: "0"), text[index] &- UInt8(ascii: "a"))
                isValid = isValid && (decimal < 10 || letter < 6)
                number = number << 4 | UInt64(decimal < 10 ? decimal : letter &+ 10)
            }
            return number
        }
        high = append(14..<18, to: append(9..<13, to: append(0..<8, to: 0)))
        low = append(24..<36, to: append(19..<23, to: 0))
        guard isValid else { return nil }
    }

    /// Ordered as the sixteen bytes are.
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension DeviceID: CustomStringConvertible {
    /// The lower-case UUID.
    public var description: String { String(decoding: utf8, as: UTF8.self) }

    /// The 36 bytes of the lower-case UUID.
    package var utf8: [UInt8] {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            let half = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (index % 8)))
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    /// The sixteen bytes, in the order in which devices are compared.
    package var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * $0)) }
    }
}

extension DeviceID {
    /// The device of sixteen bytes.
    package init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16)
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}
