package import EventCore
internal import LogStore
package import SyncCore

/// Packed blocks of a store that a push hands over as they lie.
package struct PushedBlocks {
    package let run: PackedRun
    /// Where they begin.
    package let start: Position
    /// The device's own chain before them, and behind each of them that holds events of its own: the last one is to be signed.
    package let before: ChainHead
    package let chain: [ChainHead]
}

extension Replica {
    /// Reads what an order asks for as packed blocks; nil where the first event that it lacks does not begin one that it lacks whole.
    ///
    /// - Parameter known: the device's own chain as far as it was reckoned before.
    package func pushedBlocks(_ order: PushOrder, chain known: ChainHead?) throws(ReplicaError) -> PushedBlocks? {
        guard let first = try firstPosition(beyond: order.lacking) else { return nil }
        let start = max(first, order.from)
        let limit = Position(min(end.index, start.index + UInt64(order.limitEvents)))
        let run = try packedBlocks(from: start, upTo: limit, limitBytes: order.limitBytes) { authors in
            authors.allSatisfy { $0.first > order.lacking[$0.device] }
        }
        guard run.end > start else { return nil }
        let before = try OwnChain.head(of: self, upTo: min(order.lacking[device], versionVector[device]), from: known)
        var chain: [ChainHead] = []
        for authors in run.authors {
            guard let own = authors.first(where: { $0.device == device }) else { continue }
            chain.append(try OwnChain.head(of: self, upTo: own.last, from: chain.last ?? before))
        }
        return PushedBlocks(run: run, start: start, before: before, chain: chain)
    }

    /// Takes a pulled page's blocks in, durably: those that are here are passed over.
    ///
    /// - Returns: how many events were new; nil where a block's events have to be taken in one by one, with the blocks before it taken in.
    package func takeIn(_ body: BlocksBody, _ intake: BlockIntake<Storage>) throws(ReplicaError) -> Int? {
        var (count, isFit) = (0, true)
        for number in 0..<body.blockCount where isFit {
            let known = versionVector
            let authors = body.authors(number)
            if authors.allSatisfy({ $0.last <= known[$0.device] }) { continue }
            let taken = try body.withBlock(number) { (bytes) throws(ReplicaError) in try intake.take(bytes) }
            if let taken { count += taken.block.dots.count } else { isFit = false }
        }
        try intake.append()
        try sync()
        try tidy()
        return isFit ? count : nil
    }
}
