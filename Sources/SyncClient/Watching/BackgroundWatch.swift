internal import EventCore
internal import ReplicaEngine
package import SyncCore

/// A joined store's watch on a thread of its own, while somebody holds the store open: at a prompt, or in a program that embeds it.
package final class BackgroundWatch: @unchecked Sendable {
    package enum News: Sendable {
        case began(HubLink)
        case watch(WatchNews)
        /// Nothing comes behind it. With what keeps it from going on; nil where it was stopped.
        case ended(SyncError?)
    }

    private enum Awaited: Int, CaseIterable {
        case end
    }

    private let gate: StoreGate
    private let folder: String
    private let keys: String
    private let clock: @Sendable () -> ClockReading
    private let monitor = Monitor<Awaited>()
    // Touched under the monitor's lock only.
    /// Of the watch that runs: what came for an earlier one is nothing to it.
    private var bell = WatchBell()
    private var isRunning = false
    private var status: SyncStatus?
    /// Set when it is to end: it goes when everything is up, or at this time.
    private var deadline: UInt64?

    /// How long stopping waits for what was written last to go up, and how long for a network that is dead.
    private static let lastPushNanoseconds: UInt64 = 1_500_000_000
    private static let deadNetworkNanoseconds: UInt64 = 100_000_000

    /// - Parameters:
    ///   - folder: the store's.
    ///   - keys: the folder that device keys lie in.
    ///   - clock: that of the gate's lease.
    package init(
        _ gate: StoreGate, folder: String, keys: String, clock: @escaping @Sendable () -> ClockReading = { Host.clock }
    ) {
        self.gate = gate
        self.folder = folder
        self.keys = keys
        self.clock = clock
    }

    /// Begins, unless it is under way.
    ///
    /// - Parameter tell: called on the watch's thread, but for `.began`; it must not call this watch in turn.
    /// - Throws: `.notJoined`, `.damagedFile`, `.file`, `.noThread`
    package func start(telling tell: @escaping @Sendable (News) -> Void) throws(SyncError) {
        monitor.lock()
        defer { monitor.unlock() }
        guard !isRunning else { return }
        guard let link = try SyncFolder(ofStore: folder).link() else { throw .notJoined(folder: folder) }
        (isRunning, status, deadline, bell) = (true, nil, nil, WatchBell())
        tell(.began(link))
        do throws(SyncError) { try Host.startThread { [self, bell] in run(bell, tell) } } catch {
            isRunning = false
            throw error
        }
    }

    /// What was written goes up at once.
    package func ring() {
        monitor.lock()
        defer { monitor.unlock() }
        bell.ring()
    }

    /// The network is there again: what failed for want of it is tried at once.
    package func networkReturned() {
        monitor.lock()
        defer { monitor.unlock() }
        bell.networkReturned()
    }

    /// Lets it end: what was written last goes up if that takes no time.
    package func stop() {
        monitor.lock()
        defer { monitor.unlock() }
        requestEnd()
    }

    /// Ends it, and nothing behind the store's holder touches the store any more.
    package func leave() {
        monitor.lock()
        let deadline = requestEnd()
        while isRunning, monitor.wait(for: .end, until: deadline + Self.deadNetworkNanoseconds) {}
        monitor.unlock()
        gate.close()
    }

    /// - Returns: when it is to end at the latest, unless a call is under way then.
    @discardableResult
    private func requestEnd() -> UInt64 {
        let end = Monitor<Awaited>.nanoseconds + (status?.isUp == true ? Self.lastPushNanoseconds : Self.deadNetworkNanoseconds)
        deadline = end
        bell.ring()
        return end
    }

    // MARK: - The thread

    private func run(_ bell: WatchBell, _ tell: @escaping (News) -> Void) {
        var failure: SyncError?
        do throws(SyncError) {
            let machine = WatchMachine(
                folder: folder, keys: keys, store: gate, bell: bell, clock: clock, chance: { Host.random })
            let watching = try Watching(machine) { [self] news in
                if case .status(let status) = news { note(status) }
                tell(.watch(news))
            }
            try watching.run { [self] in isOver }
        } catch { failure = error }
        monitor.lock()
        isRunning = false
        tell(.ended(failure))
        monitor.announce(.end)
        monitor.unlock()
    }

    private func note(_ status: SyncStatus) {
        monitor.lock()
        defer { monitor.unlock() }
        self.status = status
    }

    private var isOver: Bool {
        monitor.lock()
        defer { monitor.unlock() }
        guard let deadline else { return false }
        guard let status, status.isUp, status.role != .reader else { return true }
        return status.acknowledged >= gate.ownSeq || Monitor<Awaited>.nanoseconds >= deadline
    }
}
