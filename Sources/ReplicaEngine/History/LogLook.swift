internal import EventCore
internal import LogStore
internal import Synchronization

/// Looks at blocks of a log on all cores, each of which takes one piece of it after the other and has a looker of its own.
final class LogLook<Storage: Volume, Looker>: @unchecked Sendable {
    /// Asked under the lock alone: it remembers what it has read of its indexes.
    private let log: EventLog<Storage>
    private let look: (inout Looker, BlockView) throws(ReplicaError) -> Bool
    private let lock = Mutex(())
    private var idle: [Looker] = []
    private var failure: ReplicaError?
    private let isOver = Atomic(false)

    /// - Parameter look: what a looker does with a block of events, at the same time as others; returns whether all of them have seen enough.
    init(_ log: EventLog<Storage>, _ look: @escaping (inout Looker, BlockView) throws(ReplicaError) -> Bool) {
        (self.log, self.look) = (log, look)
    }

    /// Looks at each block of events that lies in one of these pieces, which are ascending, once.
    ///
    /// - Parameters:
    ///   - progress: told now and then which position has been reached.
    ///   - making: makes a looker; called by one thread at a time.
    /// - Returns: the lookers.
    func lookers(
        through pieces: [Range<Position>], progress: (Int) -> Void, making: @escaping () -> Looker
    ) throws(ReplicaError) -> [Looker] {
        nonisolated(unsafe) let making = making
        Cores.forEach(pieces.count, by: 1, progress: { progress(Int(pieces[$0].lowerBound.index)) }) { number in
            guard !self.isOver.load(ordering: .relaxed) else { return }
            let piece = pieces[number]
            let isGoingOn = number > 0 && pieces[number - 1].upperBound == piece.lowerBound
            do throws(ReplicaError) { try self.look(through: piece, isGoingOn: isGoingOn, making) } catch {
                self.isOver.store(true, ordering: .relaxed)
                self.lock.withLock { _ in self.failure = self.failure ?? error }
            }
        }
        if let failure { throw failure }
        return idle
    }

    /// - Parameter isGoingOn: whether the block in which the piece begins is of the piece before.
    private func look(through piece: Range<Position>, isGoingOn: Bool, _ making: () -> Looker) throws(ReplicaError) {
        var looker: Looker?
        var blocks: BlockCursor<Storage>?
        try lock.withLock { _ throws(ReplicaError) in
            looker = idle.popLast() ?? making()
            blocks = try Replica.blocks(of: log, from: piece.lowerBound)
        }
        guard var own = looker.take(), let blocks else { return }
        while !isOver.load(ordering: .relaxed), let block = try Replica.next(blocks), block.first < piece.upperBound {
            guard block.header.kind == .events, !isGoingOn || block.first >= piece.lowerBound else { continue }
            if try look(&own, block) { isOver.store(true, ordering: .relaxed) }
        }
        lock.withLock { _ in idle.append(own) }
    }
}
