internal import EventCore
internal import LogStore
internal import NIOCore
internal import ReplicaEngine

/// One workspace: its log, its devices, and who is connected. What it answers is on disk.
///
/// It runs on a thread of its own choice, as it waits for the disk.
actor Workspace {
    nonisolated let name: String
    nonisolated let clock: HubClock
    private nonisolated let thread: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor.asUnownedSerialExecutor() }

    let store: Replica<POSIXVolume>
    private let file: RegistryFile
    private(set) var registry: Registry
    var sessions = Sessions()
    var digest = LogDigest()
    var recent = RecentEvents()
    /// Places where devices may go on to read, the one used last at the end.
    private var readers: [PullReader] = []
    private var waiters = Waiters()
    private var failures: (minute: UInt64, count: Int) = (0, 0)
    /// When a device was last heard of, and how far it has pulled since the hub started.
    var seen: [DeviceID: (time: UInt64, position: UInt64?)] = [:]
    var counters = WorkspaceCounters()

    private static let keptReaders = 8

    /// Opens the workspace of a folder, or makes it.
    init(_ name: String, in folder: String, clock: HubClock, thread: any EventLoop) throws(HubError) {
        self.name = name
        self.clock = clock
        self.thread = thread
        do throws(ReplicaError) { store = try Self.openStore(in: folder, clock) } catch { throw .store(error) }
        file = RegistryFile(in: folder)
        registry = try file.read()
        var digest = LogDigest()
        do throws(ReplicaError) { try store.dots(from: Position(0)) { _, dot in digest.add(dot) } } catch { throw .store(error) }
        self.digest = digest
    }

    private static func openStore(in folder: String, _ clock: HubClock) throws(ReplicaError) -> Replica<POSIXVolume> {
        let options = LogOptions(holder: LockHolder(process: clock.process, command: "syncline serve"))
        do throws(ReplicaError) { return try Replica.open(in: folder, on: POSIXVolume(), access: .writing, options: options) } catch {
            guard case .notAStore = error else { throw error }
        }
        let random = Secrets.random(32).withUnsafeBytes { bytes in (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) } }
        // The hub writes no events: its device is a name for the folder.
        return try Replica.create(
            in: folder, on: POSIXVolume(), device: DeviceID(high: random[0] & ~0xF000 | 0x4000, low: random[1] & ~(3 << 62) | 2 << 62),
            name: "hub", storeID: StoreID(high: random[2], low: random[3]), options: options)
    }

    var head: UInt64 { store.end.index }
    nonisolated var now: UInt64 { clock.now() }

    /// Ends waiting pulls and lets go of the log.
    func close() throws(ReplicaError) {
        waiters.wakeAll()
        try store.close()
    }

    // MARK: - Registry

    /// Changes who may come in; what is changed is on disk before anybody sees it.
    func change<Value>(_ body: (inout Registry) throws(Problem) -> Value) throws(Problem) -> Value {
        var changed = registry
        let value = try body(&changed)
        guard changed != registry else { return value }
        do throws(HubError) { try file.write(changed) } catch { throw .internalFailure("the registry cannot be written") }
        registry = changed
        return value
    }

    /// Counts a wrong code or signature.
    ///
    /// - Throws: `.tooMany` when there are so many that somebody must be guessing.
    func noteFailure() throws(Problem) {
        let minute = now / 60_000
        failures = failures.minute == minute ? (minute, failures.count + 1) : (minute, 1)
        if failures.count > HubLimits.failuresPerMinute { throw .tooMany(retryAfterMilliseconds: 60_000) }
    }

    // MARK: - Reading

    /// Events from a position on.
    func events(from position: UInt64, limit: Int) throws(Problem) -> [LoggedEvent] {
        if let events = recent.from(position, limit: limit) { return events }
        var reader = PullReader(from: Position(position))
        if let index = readers.firstIndex(where: { $0.position == Position(position) }) { reader = readers.remove(at: index) }
        let events: [LoggedEvent]
        do throws(ReplicaError) { events = try reader.take(limit, of: store) } catch { throw .reading(error) }
        if reader.isWorthKeeping && !events.isEmpty {
            readers.append(reader)
            if readers.count > Self.keptReaders { readers.removeFirst() }
        }
        return events
    }

    func cursor(at position: UInt64) throws(Problem) -> Cursor {
        let value = try digest.value(at: position) { (from, count) throws(Problem) in
            var dots: [Dot] = []
            do throws(ReplicaError) {
                try store.dots(from: from, upTo: Position(from.index + UInt64(count))) { _, dot in dots.append(dot) }
            } catch { throw .reading(error) }
            return dots
        }
        return Cursor(log: store.logID, position: position, digest: value)
    }

    /// Returns when the log has grown beyond `position`, or after so many seconds.
    func wait(beyond position: UInt64, seconds: Int) async {
        guard head <= position else { return }
        await withCheckedContinuation { continuation in
            let number = waiters.add(continuation)
            thread.scheduleTask(in: .seconds(Int64(seconds))) { [weak self] in
                Task { [weak self] in await self?.wake(number) }
            }
        }
    }

    private func wake(_ number: UInt64) { waiters.wake(number) }

    /// The log has grown.
    func headMoved() { waiters.wakeAll() }
}

extension Problem {
    /// The disk, or what is on it, does not let the log be read.
    static func reading(_ error: ReplicaError) -> Problem { .internalFailure("the log cannot be read: \(error)") }
}
