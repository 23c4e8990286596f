package import EventCore
package import LogStore

/// One store for many threads that write: commits that come together share one sync.
///
/// A writer writes its drafts down as far as it goes without the store, outside any lock (`PreparedDrafts`), and joins the queue. The first
/// one that finds nobody leading leads: it takes all that wait, gives them dots, contexts and times in the order in which they came, commits
/// them as one, and wakes the others with what became of theirs. So a sync is shared by all that came while the one before was under way
/// (group commit; D. DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984).
///
/// A draft that cannot become an event fails its own writer only. A write or sync that fails fails all that shared it, and is final.
package final class CommitQueue<Storage: Volume>: @unchecked Sendable {
    /// What a writer waits for.
    private enum Awaited: Int, CaseIterable {
        /// A leader has come back from its commit.
        case finished
        /// As many have come as were expected.
        case gathered
    }

    /// What a writer waits with.
    private final class Request {
        let drafts: PreparedDrafts
        let wall: UInt64
        var outcome: Result<Dot?, ReplicaError>?

        init(_ drafts: PreparedDrafts, wall: UInt64) {
            self.drafts = drafts
            self.wall = wall
        }
    }

    /// Only who leads touches it.
    private let replica: Replica<Storage>
    private let monitor = Monitor<Awaited>()
    // What follows is touched under the monitor's lock only.
    private var waiting: [Request] = []
    private var isLed = false
    /// How many requests are likely to be there soon: those of the last commit, whose writers may come again, and those that came meanwhile.
    private var expectedCount = 1
    private var lastCommitNanoseconds: UInt64 = 0

    /// Takes a store over: as long as threads commit nobody else uses it, but by `exclusively`.
    package init(_ replica: Replica<Storage>) { self.replica = replica }

    /// Writes drafts as one commit, perhaps in one with those of others: all of them are durable when it returns, or none is there. Sleeps meanwhile.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    /// - Returns: the dot of the first event, which the others follow without a gap; nil without drafts.
    /// - Throws: what `Replica.commit` throws.
    package func commit(_ drafts: [Draft], wall: UInt64) throws(ReplicaError) -> Dot? {
        let request: Request
        do throws(EventError) { request = Request(try PreparedDrafts(drafts), wall: wall) } catch { throw .invalidDraft(error) }
        monitor.lock()
        waiting.append(request)
        if waiting.count >= expectedCount { monitor.announce(.gathered) }
        while request.outcome == nil {
            if isLed { monitor.wait(for: .finished) } else { lead() }
        }
        monitor.unlock()
        return try request.outcome?.get() ?? nil
    }

    /// Uses the store while nobody commits: for reading, checkpoints and closing. `body` must not commit through the queue, which would wait for it.
    package func exclusively<Value>(_ body: (Replica<Storage>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        monitor.lock()
        while isLed { monitor.wait(for: .finished) }
        isLed = true
        monitor.unlock()
        defer {
            monitor.lock()
            isLed = false
            monitor.announce(.finished)
            monitor.unlock()
        }
        return try body(replica)
    }

    /// Commits what waits. Enters and leaves with the lock, and lets go of it in between.
    private func lead() {
        isLed = true
        gather()
        let batch = waiting
        waiting = []
        monitor.unlock()
        let start = Monitor<Awaited>.nanoseconds
        let outcomes = outcomes(of: batch)
        let duration = Monitor<Awaited>.nanoseconds - start
        monitor.lock()
        for (request, outcome) in zip(batch, outcomes) { request.outcome = outcome }
        lastCommitNanoseconds = duration
        expectedCount = batch.count + waiting.count
        isLed = false
        monitor.announce(.finished)
    }

    /// Waits for those that are likely to come, at most as long as the last commit took: else the writers fall apart into two groups that
    /// take turns, and a sync is shared by half of them.
    private func gather() {
        let deadline = Monitor<Awaited>.nanoseconds + lastCommitNanoseconds
        while waiting.count < expectedCount && monitor.wait(for: .gathered, until: deadline) {}
    }

    /// What becomes of each request: ordinary drafts share a commit, those whose contexts depend on each other have one of their own.
    private func outcomes(of batch: [Request]) -> [Result<Dot?, ReplicaError>] {
        let ordinary = batch.filter(\.drafts.isOrdinary)
        guard ordinary.count < batch.count && batch.count > 1 else { return outcomes(ofCommit: batch) }
        var shared = outcomes(ofCommit: ordinary)[...]
        return batch.map { request in
            if request.drafts.isOrdinary, let outcome = shared.popFirst() { return outcome }
            return outcomes(ofCommit: [request])[0]
        }
    }

    private func outcomes(ofCommit batch: [Request]) -> [Result<Dot?, ReplicaError>] {
        do throws(ReplicaError) {
            let first = try replica.commit(batch.map(\.drafts), wall: batch.reduce(0) { max($0, $1.wall) })
            var seq = first?.seq ?? 0
            return batch.map { request in
                defer { seq += UInt64(request.drafts.count) }
                return .success(request.drafts.count == 0 ? nil : first.map { Dot(device: $0.device, seq: seq) })
            }
        } catch {
            switch error {
            case .invalidDraft, .leaseNeeded, .refused:
                // Nothing was written: whose drafts they are is found out one by one.
                guard batch.count > 1 else { return [.failure(error)] }
                return batch.flatMap { outcomes(ofCommit: [$0]) }
            default:
                return batch.map { _ in .failure(error) }
            }
        }
    }
}
