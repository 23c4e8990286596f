internal import EventCore
internal import Glibc
internal import LogStore
internal import Synchronization

/// Folds a log's blocks with a second thread, batch by batch: both decode, then each applies the records of its half.
///
/// This thread reads and checks the blocks of the next batch before it applies its half of the one at hand, so that whoever is done first goes on with decoding and
/// nobody waits for longer than a block takes. What is shared goes through `FoldBatch`; who may touch it when is said by counters of which all but three only grow.
final class ReplayCrew: @unchecked Sendable {
    /// Blocks of a batch, and what ended it if not its limit: said when all blocks before it have been applied, since the first error counts.
    private struct Reading {
        let number: Int
        var positions: [Position] = []
        var isLast = false
        var failure: ReplicaError?
    }

    /// The one at hand and the next one: by the lowest bit of a batch's number.
    private let batches = (FoldBatch(), FoldBatch())
    /// Batches that were begun; the last one is `end`.
    private let begun = Atomic(0)
    /// Blocks of this batch that may be decoded, the next one to be, and how many there are once that is known.
    private let ready = Atomic(0)
    private let claimed = Atomic(0)
    private let total = Atomic(ReplayCrew.unknown)
    /// Batches that the other thread has decoded its part of, that may be applied, and that it has applied its half of.
    private let decoded = Atomic(0)
    private let admitted = Atomic(0)
    private let applied = Atomic(0)
    private var thread = pthread_t()

    private static let unknown = Int.max
    private static let end = Int.max

    private func batch(_ number: Int) -> FoldBatch { number & 1 == 0 ? batches.0 : batches.1 }

    /// Folds all blocks of the cursor.
    ///
    /// - Parameter folded: called with the table after each batch, when nobody else touches it.
    /// - Throws: what reading throws, or `.malformedBlock`.
    func fold<Storage: Volume>(
        _ cursor: BlockCursor<Storage>, into table: inout RecordTable, _ waiting: inout WaitingEvents,
        _ folded: (borrowing RecordTable) -> Void
    ) throws(ReplicaError) {
        start()
        defer { stop() }
        var before: Reading?
        var current = read(1, cursor, &table, &waiting)
        while true {
            let batch = batch(current.number)
            decodeRest(of: batch)
            Self.wait { decoded.load(ordering: .acquiring) == current.number }
            if let before {
                try finish(before, &table)
                folded(table)
            }
            do throws(FoldBatchError) { try batch.admit(to: &table) } catch { throw .malformedBlock(at: current.positions[error.block]) }
            admitted.store(current.number, ordering: .releasing)
            let next = current.isLast ? nil : read(current.number + 1, cursor, &table, &waiting)
            batch.apply(half: 0)
            guard let next else { break }
            (before, current) = (current, next)
        }
        Self.wait { applied.load(ordering: .acquiring) == current.number }
        try finish(current, &table)
        folded(table)
        if let failure = current.failure { throw failure }
    }

    private func finish(_ reading: Reading, _ table: inout RecordTable) throws(ReplicaError) {
        do throws(FoldBatchError) { try batch(reading.number).finish(&table) } catch {
            throw .malformedBlock(at: reading.positions[error.block])
        }
    }

    /// Begins a batch and fills it with blocks. The first batches are small: they teach the table what its records need.
    private func read<Storage: Volume>(
        _ number: Int, _ cursor: BlockCursor<Storage>, _ table: inout RecordTable, _ waiting: inout WaitingEvents
    ) -> Reading {
        var reading = Reading(number: number)
        begin(number)
        let batch = batch(number)
        do throws(ReplicaError) {
            while batch.count < min(1 << min(number, 8), FoldBatch.limit) && !reading.isLast {
                guard let block = try Replica<Storage>.next(cursor) else {
                    reading.isLast = true
                    break
                }
                do throws(BlockError) {
                    switch block.header.kind {
                    case .waiting: try waiting.add(block.header, block.bytes)
                    case .events:
                        reading.positions.append(block.first)
                        try batch.add(block.header, block.bytes, to: &table)
                        ready.store(batch.count, ordering: .releasing)
                    }
                } catch { throw .malformedBlock(at: block.first) }
            }
        } catch {
            reading.failure = error
            reading.isLast = true
        }
        total.store(batch.count, ordering: .releasing)
        return reading
    }

    private func begin(_ number: Int) {
        ready.store(0, ordering: .relaxed)
        claimed.store(0, ordering: .relaxed)
        total.store(Self.unknown, ordering: .relaxed)
        begun.store(number, ordering: .releasing)
    }

    /// Decodes the blocks that nobody has claimed.
    private func decodeRest(of batch: FoldBatch) {
        let count = batch.count
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
                batch(number).decode(next)
            }
            decoded.store(number, ordering: .releasing)
            Self.wait { admitted.load(ordering: .acquiring) >= number }
            guard admitted.load(ordering: .acquiring) == number else { return }
            batch(number).apply(half: 1)
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
