internal import EventCore
internal import HubStore
internal import LogStore
internal import NIOCore
internal import ReplicaEngine
internal import SyncCore

/// The shell around one workspace's hub core: clock, disk, sockets and callers. What it decides, the core decides.
///
/// It runs on a thread of its own choice, as it waits for the disk.
actor Workspace {
    typealias Core = HubCore<StoreLog<POSIXVolume>, StandardCryptography>

    nonisolated let name: String
    private let clock: HubClock
    private nonisolated let thread: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor.asUnownedSerialExecutor() }

    private var core: Core
    private let journal: Journal<POSIXVolume>
    private var callers: [RequestID: CheckedContinuation<HubReply, Never>] = [:]
    private var knockers: [RequestID: CheckedContinuation<Problem?, Never>] = [:]
    private var sockets: [ConnectionID: Socket] = [:]
    private var lastRequest: UInt64 = 0
    private var lastConnection: UInt64 = 0
    /// What waits for the disk: the newest store, the records of all, and whether the log belongs to them.
    private var unsynced: (store: StoreNumber, records: [[HubRecord]], includesLog: Bool)?
    private var wakeUp: (at: UInt64, task: Scheduled<Void>)?
    /// Whether nobody is served any more.
    private var isGoingDown = false
    /// Told when the disk refused: the process has to end.
    private let failed: @Sendable () -> Void

    /// Opens the workspace of a folder, or makes it.
    ///
    /// - Parameter progress: told once a second, from the second one on, how many events of how many have been read, where its log has to be.
    init(
        _ name: String, in folder: String, limits: SyncLimits, clock: HubClock, thread: any EventLoop,
        progress: @Sendable (_ workspace: String, _ events: UInt64, _ total: UInt64) -> Void, failed: @escaping @Sendable () -> Void
    ) throws(HubError) {
        self.name = name
        self.clock = clock
        self.thread = thread
        self.failed = failed
        let options = LogOptions(holder: LockHolder(process: clock.process, command: "syncline serve"))
        let log: StoreLog<POSIXVolume>
        var told = clock.monotonic()
        do throws(ReplicaError) {
            log = try StoreLog.open(
                in: folder, on: POSIXVolume(), options: options,
                progress: { events, total in
                    guard clock.monotonic() >= told + 1000 else { return }
                    told = clock.monotonic()
                    progress(name, events, total)
                }, identity: { Secrets.bytes(32) })
        } catch { throw .store(error) }
        let state: HubState
        do throws(JournalError) {
            (journal, state) = try Journal.open(
                in: folder, on: POSIXVolume(), wall: clock.wall(), newWorkspace: Secrets.newWorkspace)
        } catch { throw HubError(error) }
        core = Core(workspace: journal.workspace, state: state, log: log, limits: limits, now: clock.reading)
    }

    /// Notes what an interruption left; before anything else.
    func start() {
        // What had to be read to open it has not to be read again.
        core.log.keepMarks()
        perform(core.start(now: clock.reading))
    }

    /// Ends what waits: calls are answered that the hub is going, sockets are closed, and nothing new begins.
    func endWaiting() {
        isGoingDown = true
        for caller in callers.values { caller.resume(returning: .problem(Self.goingDown)) }
        callers = [:]
        for socket in sockets.values { Self.closeGoingDown(socket) }
    }

    private static let goingDown = Problem(.unavailable, retryAfterMilliseconds: 1000)

    private static func closeGoingDown(_ socket: Socket) { socket.close(1001, "the hub is going down") }

    /// Lets go of the log.
    func close() throws(ReplicaError) {
        wakeUp?.task.cancel()
        sync()
        try core.log.close()
    }

    // MARK: - Calls

    /// Asks the core, and waits for its answer.
    func call(_ call: HubCall<PushContents>) async -> HubReply {
        guard !isGoingDown else { return .problem(Self.goingDown) }
        lastRequest += 1
        let request = RequestID(lastRequest)
        return await withCheckedContinuation { continuation in
            callers[request] = continuation
            step(.call(request, call))
        }
    }

    /// The events of a page.
    func events(_ positions: Range<Position>) throws(ProblemDocument) -> [LoggedEvent] {
        do throws(HubLogError) { return try core.log.events(positions) } catch { throw ProblemDocument(.unavailable) }
    }

    /// The packed blocks of a page.
    func blocks(_ positions: Range<Position>) throws(ProblemDocument) -> PackedRun {
        do throws(HubLogError) { return try core.log.blocks(positions) } catch { throw ProblemDocument(.unavailable) }
    }

    /// The cursor behind `position`, where a page had to be cut short.
    func cursor(at position: Position) throws(ProblemDocument) -> Cursor {
        do throws(HubLogError) {
            guard let digest = try core.log.digest(at: position) else { throw .failed }
            return Cursor(log: core.log.id, position: position, digest: digest)
        } catch { throw ProblemDocument(.unavailable) }
    }

    func knows(token: Secret) -> Bool { core.knows(token: token) }

    func knows(code: Secret) -> Bool { core.knows(code: code) }

    var facts: WorkspaceFacts {
        WorkspaceFacts(
            id: core.workspace, log: core.log.id, applied: core.log.applied, end: core.log.end, waiting: core.log.store.waitingCount,
            logBytes: core.log.byteCount)
    }

    var numbers: WorkspaceNumbers {
        let store = core.log.store
        return WorkspaceNumbers(
            name: name, head: store.end.index, logBytes: core.log.byteCount, quotaBytes: core.limits.quotaBytes,
            waiting: UInt64(store.waitingCount),
            devices: UInt64(core.state.devices.values.count { $0.revokedAt == nil }), sockets: UInt64(sockets.count),
            openCritical: UInt64(core.state.openCritical.count), epoch: core.state.epoch, syncs: UInt64(store.syncCount),
            counters: core.log.counters)
    }

    // MARK: - Sockets

    /// Asks whether a socket may be opened; nil as the problem lets it.
    func knock(_ token: Secret) async -> (ConnectionID, Problem?) {
        lastRequest += 1
        lastConnection += 1
        let (request, connection) = (RequestID(lastRequest), ConnectionID(lastConnection))
        guard !isGoingDown else { return (connection, Self.goingDown) }
        let problem = await withCheckedContinuation { continuation in
            knockers[request] = continuation
            step(.socket(request, connection, token: token))
        }
        return (connection, problem)
    }

    func opened(_ connection: ConnectionID, _ socket: Socket) {
        sockets[connection] = socket
        if isGoingDown { Self.closeGoingDown(socket) }
    }

    func received(_ text: [UInt8], on connection: ConnectionID) {
        guard let object = try? JSONValue(json: text), let message = DeviceMessage(json: object) else {
            let problem = HubMessage.error(Problem(.malformed)).json(detail: ProblemCode.malformed.detail)
            sockets[connection]?.send(problem) {}
            return
        }
        step(.received(connection, message))
    }

    func disconnected(_ connection: ConnectionID) {
        sockets[connection] = nil
        step(.disconnected(connection))
    }

    private func sent(_ connection: ConnectionID) { step(.sent(connection, messages: 1)) }

    // MARK: - Steps

    private func step(_ input: HubInput<PushContents>) { perform(core.step(input, now: clock.reading)) }

    private func perform(_ effects: [HubEffect]) {
        for effect in effects {
            switch effect {
            case .store(let number, let records, let includesLog): store(number, records, includesLog)
            case .reply(let request, let reply):
                if let knocker = knockers.removeValue(forKey: request) {
                    if case .problem(let problem) = reply { knocker.resume(returning: problem) }
                } else {
                    callers.removeValue(forKey: request)?.resume(returning: reply)
                }
            case .accept(let request, _): knockers.removeValue(forKey: request)?.resume(returning: nil)
            case .send(let connection, let message): send(message, to: connection)
            case .close(let connection, let code): sockets.removeValue(forKey: connection)?.close(1008, code.rawValue)
            case .wake(let time): wake(at: time)
            case .stop: return failed()
            }
        }
    }

    /// Has it made durable after the calls that wait already: they share the sync (group commit).
    private func store(_ number: StoreNumber, _ records: [HubRecord], _ includesLog: Bool) {
        let earlier = unsynced
        unsynced = (number, (earlier?.records ?? []) + [records], includesLog || earlier?.includesLog == true)
        if earlier == nil { Task { sync() } }
    }

    private func sync() {
        guard let batch = unsynced else { return }
        unsynced = nil
        // The log comes first: a record never speaks of what is not there.
        guard !batch.includesLog || (try? core.log.sync()) != nil, (try? journal.append(lists: batch.records)) != nil else {
            return step(.storeFailed)
        }
        step(.durable(batch.store))
        core.log.tidy()
    }

    private func send(_ message: HubMessage, to connection: ConnectionID) {
        guard let socket = sockets[connection] else { return }
        var event: Event?
        if case .criticalEvent(let delivery) = message, delivery.includesEvent { event = try? core.log.event(delivery.dot) }
        var detail = ""
        if case .error(let problem) = message { detail = problem.code.detail }
        socket.send(message.json(event: event, detail: detail)) { [weak self] in
            Task { [weak self] in await self?.sent(connection) }
        }
    }

    private func wake(at time: UInt64) {
        wakeUp?.task.cancel()
        let now = clock.monotonic()
        let task = thread.scheduleTask(in: .milliseconds(Int64(time > now ? time - now : 0))) { [weak self] in
            Task { [weak self] in await self?.tick() }
            return
        }
        wakeUp = (time, task)
    }

    private func tick() { step(.tick) }
}

/// What the routes say of a workspace beside what the core says.
struct WorkspaceFacts: Sendable {
    let id: WorkspaceID
    let log: LogID
    let applied: VersionVector
    let end: Position
    let waiting: Int
    let logBytes: UInt64
}
