package import EventCore

/// How far a device has pulled: opaque bytes for everybody but the hub.
///
///     version (1) log id (16) position (8) digest of the log up to there (32), numbers big-endian
package struct Cursor: Hashable, Sendable {
    package let log: LogID
    package let position: Position
    package let digest: Hash256

    package static let sizeBytes = 57
    private static let version: UInt8 = 1

    package init(log: LogID, position: Position, digest: Hash256) {
        self.log = log
        self.position = position
        self.digest = digest
    }

    /// nil for bytes that are no cursor of this version.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.sizeBytes, bytes[0] == Self.version, let digest = Hash256(bytes[25...]) else { return nil }
        func number(at offset: Int) -> UInt64 { bytes[offset..<(offset + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(log: LogID(high: number(at: 1), low: number(at: 9)), position: Position(number(at: 17)), digest: digest)
    }

    package var bytes: [UInt8] {
        var bytes = [Self.version]
        bytes.append(bigEndian: log.high)
        bytes.append(bigEndian: log.low)
        bytes.append(bigEndian: position.index)
        return bytes + digest.bytes
    }
}
