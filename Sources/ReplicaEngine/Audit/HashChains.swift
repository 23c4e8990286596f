internal import Crypto
package import EventCore

/// Each device's hash chain, followed event by event. Of the past it keeps a hash a device.
package struct HashChains {
    private var byDevice: [DeviceID: ChainHead] = [:]
    /// How many events of the log it has followed.
    package private(set) var end = Position(0)
    private var writer = JSONWriter()

    /// No event of any device.
    package init() {}

    /// The chains as they stood at a position.
    init(_ heads: [ChainHead], end: Position) {
        byDevice = Dictionary(uniqueKeysWithValues: heads.map { ($0.dot.device, $0) })
        self.end = end
    }

    /// The chain of a device up to its last event.
    package func head(of device: DeviceID) -> ChainHead { byDevice[device] ?? ChainHead(emptyChainOf: device) }

    /// All that are not empty, sorted by device.
    package var heads: [ChainHead] { byDevice.values.sorted { $0.dot < $1.dot } }

    /// Follows the next event of the log, which is the next of its device.
    package mutating func add(_ event: Event) {
        let head = head(of: event.dot.device)
        precondition(event.dot.seq == head.dot.seq + 1)
        writer.removeAll()
        event.write(to: &writer)
        byDevice[event.dot.device] = head.followed(by: event.dot, canonical: writer.bytes)
        end = Position(end.index + 1)
    }
}

extension ChainHead {
    /// The chain one event on, given the event's canonical form.
    package func followed(by dot: Dot, canonical: [UInt8]) -> ChainHead {
        var hash = SHA256()
        withUnsafeTemporaryAllocation(byteCount: Self.linkPrefixBytes, alignment: 8) { prefix in
            guard let base = prefix.baseAddress else { return }
            Self.writeLinkPrefix(self.dot.device, self.hash, to: base)
            hash.update(bufferPointer: UnsafeRawBufferPointer(prefix))
        }
        canonical.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return ChainHead(dot: dot, hash: hash.finalize().withUnsafeBytes { Hash256(raw: $0) })
    }
}
