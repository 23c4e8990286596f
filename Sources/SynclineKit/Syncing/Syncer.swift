internal import ReplicaEngine
internal import SyncClient
internal import SyncCore
internal import Synchronization

/// Who wants a store to sync, and how that goes: a watch behind the store, which runs as long as somebody wants it.
final class Syncer: Sendable {
    /// What a wait for everything to be there and here came to.
    private enum Outcome: Sendable {
        case done
        case failed(SynclineError)
    }

    private struct State {
        var shown = SyncStatus(state: .stopped)
        /// What the watch said last.
        var status: SyncCore.SyncStatus?
        var isRunning = false
        /// Whether the watch has been told to go.
        var isStopping = false
        /// Whether it stays.
        var isWanted = false
        /// How many wait for all to be there and here.
        var visitors = 0
        var streams: [Int: AsyncStream<SyncStatus>.Continuation] = [:]
        var lastStream = 0
        var settling: [CheckedContinuation<Outcome, Never>] = []
        var ending: [CheckedContinuation<Void, Never>] = []
        var isOver = false
    }

    private let watch: BackgroundWatch
    private let gate: StoreGate
    private let state = Mutex(State())

    init(_ gate: StoreGate, folder: String, keys: String) {
        self.gate = gate
        watch = BackgroundWatch(gate, folder: folder, keys: keys)
    }

    var current: SyncStatus { state.withLock(\.shown) }

    /// What was written goes up at once.
    func ring() { watch.ring() }

    func networkReturned() { watch.networkReturned() }

    /// How it stands from now on, the newest only where nobody asks.
    func statuses() -> AsyncStream<SyncStatus> {
        let (stream, continuation) = AsyncStream.makeStream(of: SyncStatus.self, bufferingPolicy: .bufferingNewest(1))
        let isOver = state.withLock { state in
            continuation.yield(state.shown)
            guard !state.isOver else { return true }
            state.lastStream += 1
            let number = state.lastStream
            state.streams[number] = continuation
            continuation.onTermination = { [weak self] _ in _ = self?.state.withLock { $0.streams.removeValue(forKey: number) } }
            return false
        }
        if isOver { continuation.finish() }
        return stream
    }

    // MARK: - Wanting

    func start() async throws(SynclineError) {
        state.withLock { $0.isWanted = true }
        do throws(SynclineError) { try await run() } catch {
            state.withLock { $0.isWanted = false }
            throw error
        }
    }

    /// Returns when nothing behind the store touches it any more.
    func stop() async {
        state.withLock { $0.isWanted = false }
        await endUnlessWanted()
    }

    /// Returns when everything is there and here.
    func sync() async throws(SynclineError) {
        state.withLock { $0.visitors += 1 }
        let outcome: Outcome
        do throws(SynclineError) {
            try await run()
            outcome = await settled()
        } catch { outcome = .failed(error) }
        state.withLock { $0.visitors -= 1 }
        await endUnlessWanted()
        if case .failed(let error) = outcome { throw error }
    }

    /// The store goes: nobody waits for anything any more.
    func leave() {
        watch.leave()
        let last = state.withLock { state in
            state.isOver = true
            Self.show(.stopped, &state)
            defer { (state.streams, state.settling, state.ending) = ([:], [], []) }
            return (state.streams.values, state.settling, state.ending)
        }
        // A stream that ends asks for the lock.
        for stream in last.0 { stream.finish() }
        for waiting in last.1 { waiting.resume(returning: .failed(.closed)) }
        for waiting in last.2 { waiting.resume() }
    }

    /// Nobody has the store any more.
    func abandon() { watch.stop() }

    private func run() async throws(SynclineError) {
        // One that goes has to be gone, or it would not begin anew.
        while state.withLock({ $0.isRunning && $0.isStopping }) { await ended() }
        do throws(SyncError) { try watch.start { [weak self] in self?.take($0) } } catch { throw SynclineError(error) }
    }

    private func endUnlessWanted() async {
        let isToEnd = state.withLock { state in
            guard state.isRunning, !state.isWanted, state.visitors == 0 else { return false }
            state.isStopping = true
            return true
        }
        guard isToEnd else { return }
        watch.stop()
        await ended()
    }

    private func ended() async {
        await withCheckedContinuation { waiting in
            let isEnded = state.withLock { state in
                if state.isRunning && !state.isOver { state.ending.append(waiting) }
                return !state.isRunning || state.isOver
            }
            if isEnded { waiting.resume() }
        }
    }

    private func settled() async -> Outcome {
        await withCheckedContinuation { waiting in
            let known = state.withLock { state -> Outcome? in
                if state.isOver { return Outcome.failed(.closed) }
                if let outcome = outcome(state) { return outcome }
                state.settling.append(waiting)
                return nil
            }
            if let known { waiting.resume(returning: known) }
        }
    }

    // MARK: - What the watch tells

    private func take(_ news: BackgroundWatch.News) {
        state.withLock { state in
            switch news {
            case .began:
                (state.isRunning, state.isStopping, state.status) = (true, false, nil)
                Self.show(.connecting, &state)
            case .watch(.status(let status)):
                state.status = status
                Self.show(SyncState(status.state), warning: status.warnings, &state)
                guard let outcome = outcome(state) else { return }
                for waiting in state.settling { waiting.resume(returning: outcome) }
                state.settling = []
            case .watch: break
            case .ended(let error):
                (state.isRunning, state.isStopping, state.isWanted) = (false, false, state.isWanted && error == nil)
                if let error { Self.show(.blocked(SynclineError(error)), &state) } else { Self.show(.stopped, &state) }
                let outcome = Outcome.failed(Self.failure(state.shown.state) ?? .closed)
                for waiting in state.settling { waiting.resume(returning: outcome) }
                for waiting in state.ending { waiting.resume() }
                (state.settling, state.ending) = ([], [])
            }
        }
    }

    private static func show(_ shown: SyncState, warning warnings: [SyncCore.SyncWarning] = [], _ state: inout State) {
        let shown = SyncStatus(state: shown, warnings: warnings.map(SyncWarning.init))
        guard shown != state.shown else { return }
        state.shown = shown
        for stream in state.streams.values { stream.yield(shown) }
    }

    /// nil while something is under way.
    private func outcome(_ state: State) -> Outcome? {
        guard state.isRunning else { return .failed(Self.failure(state.shown.state) ?? .closed) }
        guard let status = state.status else { return nil }
        if status.state == .connected { return status.role == .reader || status.acknowledged >= gate.ownSeq ? .done : nil }
        return Self.failure(state.shown.state).map { .failed($0) }
    }

    private static func failure(_ state: SyncState) -> SynclineError? {
        switch state {
        case .offline: SynclineError(unreachable: "the hub cannot be reached")
        case .failing(let error), .blocked(let error): error
        case .stopped, .connecting, .syncing, .upToDate: nil
        }
    }
}
