package import EventCore
package import LogStore

/// A device's hash chain as far as it was reckoned; signing its head vouches for all events up to there.
package enum OwnChain {
    /// The chain with the next event of its device.
    package static func next(_ head: ChainHead, _ event: Event) -> ChainHead {
        head.followed(by: event.dot, canonical: event.canonicalJSON)
    }

    /// The chain of the store's own device up to `seq`, which is there, going on from `known` where that is no later.
    package static func head<Storage: Volume>(
        of store: Replica<Storage>, upTo seq: UInt64, from known: ChainHead?
    ) throws(ReplicaError) -> ChainHead {
        if let known, known.dot.device == store.device, known.dot.seq <= seq { return try store.chainHead(behind: known, upTo: seq) }
        return try store.chainHead(behind: ChainHead(emptyChainOf: store.device), upTo: seq)
    }
}

extension Replica {
    /// The chain of a device up to its event `seq`, going on from an earlier head of it.
    ///
    /// - Throws: `.unknownEvent` where the events between are not here.
    package func chainHead(behind known: ChainHead, upTo seq: UInt64) throws(ReplicaError) -> ChainHead {
        var head = known
        let device = known.dot.device
        guard head.dot.seq < seq else { return head }
        let first = Dot(device: device, seq: head.dot.seq + 1)
        guard let position = try position(of: first) else { throw .unknownEvent(first) }
        var reader = EventReader(from: position)
        while head.dot.seq < seq {
            let events = try reader.next(4096, by: device, of: self)
            guard !events.isEmpty else { throw .unknownEvent(Dot(device: device, seq: seq)) }
            for logged in events where head.dot.seq < seq { head = OwnChain.next(head, logged.event) }
        }
        return head
    }
}
