internal import CChecksum

/// CRC32C over bytes, in hardware where there is any. Source: RFC 3720, appendix B.4.
package struct Checksum: Hashable, Sendable {
    /// The checksum of everything added so far.
    package private(set) var value: UInt32

    /// The checksum of no bytes.
    package init() { value = 0 }

    /// Continues a checksum.
    package init(continuing value: UInt32) { self.value = value }

    /// Adds bytes; the result does not depend on how they are cut into calls.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        value = syncline_crc32c(value, bytes.baseAddress, bytes.count)
    }

    /// Adds bytes.
    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    /// The checksum of `bytes`.
    package static func of(_ bytes: [UInt8]) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }

    /// The same without the processor's instruction.
    package static func portable(of bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { syncline_crc32c_portable(0, $0.baseAddress, $0.count) }
    }
}
