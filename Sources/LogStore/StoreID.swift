internal import EventCore

/// The 128-bit random identity of a store, written into each of its files so that they cannot be mixed up.
package struct StoreID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    static let sizeBytes = 16

    /// Reads the sixteen bytes at `offset`.
    init(_ bytes: [UInt8], at offset: Int) {
        high = UInt64(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) })
        low = UInt64(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self) })
    }

    /// The sixteen bytes as they stand in files.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: high.byteSwapped)
        bytes.append(littleEndian: low.byteSwapped)
        return bytes
    }
}

extension StoreID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { Hexadecimal.text(bytes) }
}
