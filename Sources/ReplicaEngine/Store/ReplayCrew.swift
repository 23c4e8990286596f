internal import EventCore
internal import Glibc
internal import LogStore
internal import Synchronization

/// Folds a log's blocks with a second thread, batch by batch: both decode, then each applies the records of its half.
///
/// This thread reads and checks blocks, and while it does the other one decodes those that it has. What is shared goes through `FoldBatch`;
/// who may touch it when is said by three counters, all of which only grow within a batch.
final class ReplayCrew: @unchecked Sendable {
    private let batch = FoldBatch()
    /// Batches that were begun; the last one is `end`.
    private let begun = Atomic(0)
    /// Blocks of this batch that may be decoded, and the next one to be.
    private let ready = Atomic(0)
    private let claimed = Atomic(0)
    /// Whether no more blocks come, and how many there are.
    private let total = Atomic(ReplayCrew.unknown)
    /// Batches that the other thread has decoded its part of, that may be applied, and that it has applied its half of.
    private let decoded = Atomic(0)
    private let admitted = Atomic(0)
    private let applied = Atomic(0)
    private var thread = pthread_t()

    private static let unknown = Int.max
    private static let end = Int.max

    /// Folds all blocks of the cursor.
    ///
    /// - Throws: what reading throws, or `.malformedBlock`.
    func fold<Storage: Volume>(
        _ cursor: BlockCursor<Storage>, into table: inout RecordTable, _ waiting: inout WaitingEvents
    ) throws(ReplicaError) {
        start()
        defer { stop() }
        var number = 0
        var isAtEnd = false
        while !isAtEnd {
            number += 1
            begin(number)
            var positions: [Position] = []
            // The first batches are small: they teach the table what its records need.
            let limit = min(1 << min(number, 8), FoldBatch.limit)
            let failure = read(limit, cursor, &table, &waiting, &positions, &isAtEnd)
            decodeRest(batch.count)
            Self.wait { decoded.load(ordering: .acquiring) == number }
            if let failure { throw failure }
            do throws(FoldBatchError) {
                try batch.admit(to: &table)
                admitted.store(number, ordering: .releasing)
                batch.apply(half: 0)
                Self.wait { applied.load(ordering: .acquiring) == number }
                try batch.finish(&table)
            } catch { throw .malformedBlock(at: positions[error.block]) }
        }
    }

    /// Fills the batch with up to `limit` blocks; returns what went wrong.
    private func read<Storage: Volume>(
        _ limit: Int, _ cursor: BlockCursor<Storage>, _ table: inout RecordTable, _ waiting: inout WaitingEvents,
        _ positions: inout [Position],
        _ isAtEnd: inout Bool
    ) -> ReplicaError? {
        do throws(ReplicaError) {
            while batch.count < limit {
                guard let block = try Replica<Storage>.next(cursor) else {
                    isAtEnd = true
                    return nil
                }
                do throws(BlockError) {
                    switch block.header.kind {
                    case .waiting: try waiting.add(block.header, block.bytes)
                    case .events:
                        positions.append(block.first)
                        try batch.add(block.header, block.bytes, to: &table)
                        ready.store(batch.count, ordering: .releasing)
                    }
                } catch { throw .malformedBlock(at: block.first) }
            }
            return nil
        } catch { return error }
    }

    private func begin(_ number: Int) {
        ready.store(0, ordering: .relaxed)
        claimed.store(0, ordering: .relaxed)
        total.store(Self.unknown, ordering: .relaxed)
        begun.store(number, ordering: .releasing)
    }

    /// No more blocks come: decodes those that nobody has claimed.
    private func decodeRest(_ count: Int) {
        total.store(count, ordering: .releasing)
        while case let next = claimed.add(1, ordering: .relaxed).oldValue, next < count { batch.decode(next) }
    }

    // MARK: - The other thread

    private func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ReplayCrew>.fromOpaque(context).takeRetainedValue().help()
                return nil
            }, context)
        precondition(status == 0, "no thread could be started")
    }

    private func stop() {
        admitted.store(Self.end, ordering: .releasing)
        begun.store(Self.end, ordering: .releasing)
        pthread_join(thread, nil)
    }

    private func help() {
        var number = 1
        while true {
            Self.wait { begun.load(ordering: .acquiring) >= number }
            guard begun.load(ordering: .acquiring) == number else { return }
            while true {
                let next = claimed.add(1, ordering: .relaxed).oldValue
                Self.wait { ready.load(ordering: .acquiring) > next || total.load(ordering: .acquiring) <= next }
                guard ready.load(ordering: .acquiring) > next else { break }
                batch.decode(next)
            }
            decoded.store(number, ordering: .releasing)
            Self.wait { admitted.load(ordering: .acquiring) >= number }
            guard admitted.load(ordering: .acquiring) == number else { return }
            batch.apply(half: 1)
            applied.store(number, ordering: .releasing)
            number += 1
        }
    }

    /// Waits a moment for the other thread, which has a core of its own; yields it when it takes longer.
    private static func wait(_ isReached: () -> Bool) {
        var turns = 0
        while !isReached() {
            turns += 1
            if turns > 20_000 {
                usleep(50)
            } else if turns > 1000 {
                sched_yield()
            }
        }
    }
}
