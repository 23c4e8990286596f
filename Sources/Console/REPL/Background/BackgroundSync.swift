internal import EventCore
internal import Glibc
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// A joined store's sync while somebody is at its prompt: a watch on a thread of its own, and what it has to say.
final class BackgroundSync: NoticeSource, @unchecked Sendable {
    private enum Awaited: Int, CaseIterable {
        case end
    }

    let descriptor: Int32
    private let writingEnd: Int32
    private let held: Session.Held
    private let bell = WatchBell()
    private let monitor = Monitor<Awaited>()
    // Touched under the monitor's lock only.
    private var news = SyncNews()
    private var link: HubLink?
    private var isRunning = false
    /// Set when the prompt is left: the watch goes when everything is up, or at this time.
    private var deadline: UInt64?
    /// Why the watch has ended by itself; said once.
    private var failure: ConsoleError?
    private var isFailureSaid = true

    /// How long leaving waits for what was written last to go up, and how long for a network that is dead.
    private static let lastPushNanoseconds: UInt64 = 1_500_000_000
    private static let deadNetworkNanoseconds: UInt64 = 100_000_000

    /// nil where the system has no descriptors left.
    init?(_ held: Session.Held) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, writingEnd) = (ends[0], ends[1])
        self.held = held
    }

    deinit {
        close(descriptor)
        close(writingEnd)
    }

    /// Begins when the store has joined a hub, unless it is under way.
    func start() {
        monitor.lock()
        defer { monitor.unlock() }
        guard !isRunning, let link = try? SyncFolder(ofStore: held.folder).link() else { return }
        (self.link, isRunning, failure, news) = (link, true, nil, SyncNews())
        do throws(ConsoleError) { try Machine.startThread { [self] in run() } } catch {
            (isRunning, failure, isFailureSaid) = (false, error, false)
        }
    }

    /// What was written goes up at once. A watch that ended for a reason that is gone begins anew.
    func wake(afterSync: Bool) {
        if afterSync { start() }
        bell.ring()
    }

    /// Ends it: what was written last goes up if that takes no time, and nothing touches the store any more.
    func leave() {
        monitor.lock()
        let now = Monitor<Awaited>.nanoseconds
        let deadline = now + (news.isUp ? Self.lastPushNanoseconds : Self.deadNetworkNanoseconds)
        self.deadline = deadline
        bell.ring()
        while isRunning, monitor.wait(for: .end, until: deadline + Self.deadNetworkNanoseconds) {}
        monitor.unlock()
        held.gate.close()
    }

    // MARK: - What there is to see

    /// The hub as the status line shows it; nil without one. And the device's last event that the hub has.
    var hub: (shown: StatusLine.Hub, acknowledged: UInt64?)? {
        monitor.lock()
        defer { monitor.unlock() }
        guard let link else { return nil }
        let role = news.status?.role.rawValue ?? link.role
        let (sign, detail) = news.link
        let isBlocked = sign == .blocked
        let shown = StatusLine.Hub(
            role: role, link: failure != nil && !isBlocked ? .failed : sign, detail: isBlocked ? detail : failure?.code ?? detail)
        return (shown, news.status.map(\.acknowledged))
    }

    func notices() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &bytes, bytes.count) > 0 {}
        monitor.lock()
        let notices = news.takeNotices()
        let failure = isFailureSaid ? nil : failure
        isFailureSaid = true
        let hub = link?.hubs.joined(separator: ", ") ?? ""
        monitor.unlock()
        let session = Session(holding: held, isJSON: false, output: Output())
        let lines = held.gate.entered {
            let text = NoticeText(hub: hub) { [store = held.store] in session.name(of: $0, in: store) }
            return notices.map(text.text)
        }
        return lines + (failure.map { ["syncing has ended: \($0.sentence)" + ($0.hint.map { "; " + $0 } ?? "")] } ?? [])
    }

    // MARK: - The thread

    private func run() {
        do throws(SyncError) {
            let machine = WatchMachine(
                folder: held.folder, keys: Machine.keysFolder, store: held.gate, bell: bell, clock: { Machine.syncClock },
                chance: { Machine.random })
            let watching = try Watching(machine) { [self] in take($0) }
            try watching.run { [self] in isOver }
        } catch { end(ConsoleError(error)) }
        monitor.lock()
        isRunning = false
        monitor.announce(.end)
        monitor.unlock()
    }

    private func take(_ told: WatchNews) {
        monitor.lock()
        defer { monitor.unlock() }
        if news.take(told) { signal() }
    }

    private func end(_ error: ConsoleError) {
        monitor.lock()
        defer { monitor.unlock() }
        failure = error
        // What blocks it has been said with what to do.
        if case .blocked = news.status?.state { isFailureSaid = true } else { isFailureSaid = false }
        signal()
    }

    private var isOver: Bool {
        monitor.lock()
        defer { monitor.unlock() }
        guard let deadline else { return false }
        guard let status = news.status, news.isUp, status.role != .reader else { return true }
        return status.acknowledged >= held.gate.ownSeq || Monitor<Awaited>.nanoseconds >= deadline
    }

    private func signal() {
        var byte: UInt8 = 1
        _ = write(writingEnd, &byte, 1)
    }
}
