internal import EventCore
internal import LogStore

/// How far a device has pulled: which log, which position, and the log's digest there. Opaque to devices.
struct Cursor: Hashable, Sendable {
    let log: String
    let position: UInt64
    let digest: UInt64

    var text: String { "1.\(log).\(position).\(String(digest, radix: 16))" }

    init(log: StoreID, position: UInt64, digest: UInt64) {
        self.log = log.description
        self.position = position
        self.digest = digest
    }

    /// nil for a text that is none.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "1", let position = UInt64(parts[2]), let digest = UInt64(parts[3], radix: 16) else { return nil }
        log = String(parts[1])
        self.position = position
        self.digest = digest
    }
}
