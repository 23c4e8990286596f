package import EventCore
internal import LogStore
package import SyncCore

/// The device's store as its session needs it.
extension Replica {
    /// How far the log goes.
    package var localLog: LocalLog { LocalLog(end: end, ownSeq: versionVector[device]) }

    /// Reads what an order asks for.
    ///
    /// - Parameter chain: the device's own chain as far as it was reckoned before.
    package func pushBatch(_ order: PushOrder, chain: ChainHead?) throws(ReplicaError) -> PushBatch {
        let seq = min(order.lacking[device], versionVector[device])
        let before = try OwnChain.head(of: self, upTo: seq, from: chain)
        var batch = PushBatch(scannedTo: order.from, before: before, after: before)
        var byteCount = 0
        var reader = EventReader(from: order.from)
        scan: while order.limitEvents > 0 {
            let events = try reader.next(min(order.limitEvents, 4096), of: self)
            if events.isEmpty { break }
            for logged in events {
                if batch.events.count >= order.limitEvents || byteCount >= order.limitBytes { break scan }
                batch.scannedTo = Position(logged.position.index + 1)
                guard !order.lacking.covers(logged.event.dot) else { continue }
                batch.events.append(logged.event)
                byteCount += logged.event.canonicalJSON.count
            }
        }
        for event in batch.events where event.dot.device == device && event.dot.seq == batch.after.dot.seq + 1 {
            batch.after = OwnChain.next(batch.after, event)
        }
        return batch
    }

    /// Makes a page's events durable and folds them; what cannot be taken stays out, and everything else goes in.
    ///
    /// - Returns: what became of them, and how many were offered in the end.
    package func takeIn(_ events: [Event]) throws(ReplicaError) -> (taken: TakenIn, count: Int) {
        var taken = TakenIn(log: localLog)
        let known = versionVector
        // Own events that are not here: the store was put back or copied, and what others have of it may be another history.
        let hasOwnFromElsewhere = events.contains { $0.dot.device == device && !known.covers($0.dot) }
        var offered = events.filter { !known.covers($0.dot) || hasOwnFromElsewhere && $0.dot.device == device }
        while !offered.isEmpty {
            do throws(ReplicaError) {
                _ = try ingest(offered)
                break
            } catch {
                switch error {
                case .fork(let dot):
                    taken.forked.append(dot.device)
                    offered.removeAll { $0.dot.device == dot.device && $0.dot.seq >= dot.seq }
                case .refused(let dot, _) where dot.device == device:
                    // It was honest where it was written: there the store had other events of ours.
                    taken.forked.append(device)
                    offered.removeAll { $0.dot.device == device && $0.dot.seq >= dot.seq }
                case .refused(let dot, _):
                    taken.refused.append(dot)
                    offered.removeAll { $0.dot == dot }
                default: throw error
                }
            }
        }
        taken.log = localLog
        return (taken, offered.count)
    }
}
