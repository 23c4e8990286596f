internal import Crypto

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
    package var description: String { bytes.hexadecimal }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
