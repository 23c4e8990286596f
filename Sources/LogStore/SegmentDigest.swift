internal import Crypto
internal import EventCore

/// The SHA-256 of a sealed segment up to its tail. As each segment holds the one before it, it stands for the whole log up to there.
package struct SegmentDigest: Hashable, Sendable {
    package static let sizeBytes = 32
    /// What stands for the segment before the first.
    package static let none = SegmentDigest(bytes: [UInt8](repeating: 0, count: sizeBytes))

    /// 32 bytes.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.sizeBytes)
        self.bytes = bytes
    }

    init(_ digest: SHA256.Digest) { bytes = Array(digest) }
}

extension SegmentDigest: CustomStringConvertible {
    /// 64 hexadecimal digits.
    package var description: String { Hexadecimal.text(bytes) }
}
