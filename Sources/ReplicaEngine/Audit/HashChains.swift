internal import Crypto
package import EventCore

/// Each device's hash chain, followed event by event. Of the past it keeps a hash a device.
package struct HashChains {
    private var devices = DeviceTable()
    /// By the device's number.
    private var chains: [ChainHead] = []
    /// How many events of the log it has followed.
    package private(set) var end = Position(0)
    private var writer = JSONWriter()

    /// No event of any device.
    package init() {}

    /// The chains as they stood at a position.
    init(_ heads: [ChainHead], end: Position) {
        for head in heads {
            let number = devices.index(adding: head.dot.device)
            precondition(Int(number) == chains.count)
            chains.append(head)
        }
        self.end = end
    }

    /// The chain of a device up to its last event.
    package func head(of device: DeviceID) -> ChainHead {
        devices.index(of: device).map { chains[Int($0)] } ?? ChainHead(emptyChainOf: device)
    }

    /// All that are not empty, sorted by device.
    package var heads: [ChainHead] { chains.sorted { $0.dot < $1.dot } }

    /// Follows the next event of the log, which is the next of its device.
    package mutating func add(_ event: Event) {
        writer.removeAll()
        event.write(to: &writer)
        writer.bytes.withUnsafeBytes { add(event.dot, canonical: $0) }
    }

    /// The same of an event's name and canonical form.
    mutating func add(_ dot: Dot, canonical: UnsafeRawBufferPointer) {
        let number = Int(devices.index(adding: dot.device))
        if number == chains.count { chains.append(ChainHead(emptyChainOf: dot.device)) }
        precondition(dot.seq == chains[number].dot.seq + 1)
        chains[number] = chains[number].followed(by: dot, canonical: canonical)
        end = Position(end.index + 1)
    }
}

extension ChainHead {
    /// The chain one event on, given the event's canonical form.
    package func followed(by dot: Dot, canonical: [UInt8]) -> ChainHead {
        canonical.withUnsafeBytes { followed(by: dot, canonical: $0) }
    }

    /// The same where the canonical form lies.
    package func followed(by dot: Dot, canonical: UnsafeRawBufferPointer) -> ChainHead {
        var hash = SHA256()
        withUnsafeTemporaryAllocation(byteCount: Self.linkPrefixBytes, alignment: 8) { prefix in
            guard let base = prefix.baseAddress else { return }
            Self.writeLinkPrefix(self.dot.device, self.hash, to: base)
            hash.update(bufferPointer: UnsafeRawBufferPointer(prefix))
        }
        hash.update(bufferPointer: canonical)
        return ChainHead(dot: dot, hash: hash.finalize().withUnsafeBytes { Hash256(raw: $0) })
    }
}
