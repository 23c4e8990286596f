internal import EventCore
internal import Glibc
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore
internal import Synchronization

/// A joined store's sync while somebody is at its prompt: a watch behind it, and what that has to say.
final class BackgroundSync: NoticeSource, @unchecked Sendable {
    let descriptor: Int32
    private let writingEnd: Int32
    private let held: Session.Held
    private let watch: BackgroundWatch
    private let shown = Mutex(Shown())

    private struct Shown {
        var news = SyncNews()
        var link: HubLink?
        /// Why the watch has ended by itself; said once.
        var failure: ConsoleError?
        var isFailureSaid = true
    }

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
        watch = BackgroundWatch(held.gate, folder: held.folder, keys: Host.keysFolder)
    }

    deinit {
        close(descriptor)
        close(writingEnd)
    }

    /// Begins when the store has joined a hub, unless it is under way.
    func start() {
        do throws(SyncError) { try watch.start { [self] in take($0) } } catch {
            if case .noThread = error { end(error) }
        }
    }

    /// What was written goes up at once. A watch that ended for a reason that is gone begins anew.
    func wake(afterSync: Bool) {
        if afterSync { start() }
        watch.ring()
    }

    /// Ends it: what was written last goes up if that takes no time, and nothing touches the store any more.
    func leave() { watch.leave() }

    // MARK: - What there is to see

    /// The hub as the status line shows it; nil without one. And the device's last event that the hub has.
    var hub: (shown: StatusLine.Hub, acknowledged: UInt64?)? {
        shown.withLock { shown in
            guard let link = shown.link else { return nil }
            let role = shown.news.status?.role.rawValue ?? link.role
            let (sign, detail) = shown.news.link
            let isBlocked = sign == .blocked
            let hub = StatusLine.Hub(
                role: role, link: shown.failure != nil && !isBlocked ? .failed : sign,
                detail: isBlocked ? detail : shown.failure?.code ?? detail)
            return (hub, shown.news.status.map(\.acknowledged))
        }
    }

    func notices() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &bytes, bytes.count) > 0 {}
        let (notices, failure, hub) = shown.withLock { shown in
            let failure = shown.isFailureSaid ? nil : shown.failure
            shown.isFailureSaid = true
            return (shown.news.takeNotices(), failure, shown.link?.hubs.joined(separator: ", ") ?? "")
        }
        let session = Session(holding: held, isJSON: false, output: Output())
        let lines = held.gate.entered {
            let text = NoticeText(hub: hub) { [store = held.store] in session.name(of: $0, in: store) }
            return notices.map(text.text)
        }
        return lines + (failure.map { ["syncing has ended: \($0.sentence)" + ($0.hint.map { "; " + $0 } ?? "")] } ?? [])
    }

    // MARK: - What the watch tells

    private func take(_ told: BackgroundWatch.News) {
        switch told {
        case .began(let link): shown.withLock { $0 = Shown(link: link) }
        case .watch(let news):
            let (isSeen, gained) = shown.withLock { ($0.news.take(news), $0.news.takeGained()) }
            if isSeen { signal() }
            makeDerivedFiles(gained: gained)
        case .ended(let error?): end(error)
        case .ended(nil): break
        }
    }

    /// Makes them on a thread of its own, of the store as a reader finds it: neither who types nor the watch waits for it. That it cannot be done is no harm.
    private func makeDerivedFiles(gained: Int) {
        // For a few no store is opened.
        guard Session.isMost(gained, of: held.gate.stamp) else { return }
        try? Host.startThread { [self] in
            guard let store = try? Store.open(in: held.folder, on: POSIXVolume(), access: .reading) else { return }
            try? Session(behind: held).makeDerivedFiles(of: store, gained: gained)
            try? held.gate.reading { $0.forgetDerivedFiles() }
        }
    }

    private func end(_ error: SyncError) {
        shown.withLock { shown in
            shown.failure = ConsoleError(error)
            // What blocks it has been said with what to do.
            if case .blocked = shown.news.status?.state { shown.isFailureSaid = true } else { shown.isFailureSaid = false }
        }
        signal()
    }

    private func signal() {
        var byte: UInt8 = 1
        _ = write(writingEnd, &byte, 1)
    }
}
