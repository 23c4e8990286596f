internal import Crypto
package import EventCore

/// SHA-256 of events in an order, each as its line of canonical JSON: what was read, in one number.
package struct EventDigest {
    private var hash = SHA256()
    private var writer = JSONWriter()

    package init() {}

    package mutating func add(_ event: Event) {
        writer.removeAll()
        event.write(to: &writer)
        writer.endLine()
        hash.update(data: writer.bytes)
    }

    /// 32 bytes.
    package var bytes: [UInt8] { Array(hash.finalize()) }
}
