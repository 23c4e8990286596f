internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// The thread of one open store: what waits for the disk keeps none of the threads that tasks share.
final class StoreThread: SerialExecutor {
    private enum Work {
        case job(UnownedJob, UnownedSerialExecutor)
        case body(@Sendable () -> Void)
    }

    /// What is to be done, in its order. The thread holds it, not the executor, which may go.
    private final class Queue: @unchecked Sendable {
        private enum Awaited: Int, CaseIterable {
            case work
        }

        private let monitor = Monitor<Awaited>()
        private var work: [Work] = []
        private var isOver = false

        func add(_ piece: Work) {
            monitor.lock()
            work.append(piece)
            monitor.announce(.work)
            monitor.unlock()
        }

        func end() {
            monitor.lock()
            isOver = true
            monitor.announce(.work)
            monitor.unlock()
        }

        func run() {
            while let pieces = next() {
                for piece in pieces {
                    switch piece {
                    case .job(let job, let executor): job.runSynchronously(on: executor)
                    case .body(let body): body()
                    }
                }
            }
        }

        private func next() -> [Work]? {
            monitor.lock()
            defer { monitor.unlock() }
            while work.isEmpty {
                if isOver { return nil }
                monitor.wait(for: .work)
            }
            defer { work = [] }
            return work
        }
    }

    private let queue = Queue()

    /// - Throws: `.system` where the system has no thread left.
    init() throws(SynclineError) {
        do throws(SyncError) { try Host.startThread { [queue] in queue.run() } } catch { throw SynclineError(error) }
    }

    deinit { queue.end() }

    func enqueue(_ job: consuming ExecutorJob) { queue.add(.job(UnownedJob(job), asUnownedSerialExecutor())) }

    /// Runs `body` on this thread.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Result<Value, SynclineError>) async throws(SynclineError) -> Value {
        let result = await withCheckedContinuation { caller in queue.add(.body { caller.resume(returning: body()) }) }
        return try result.get()
    }
}
