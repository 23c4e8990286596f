internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The shell around a device's session: it keeps a socket open, and pushes and pulls as the session says.
///
/// The store is asked for anew for each piece of work, so that others can write to it meanwhile, and never while the network is waited for. Everything happens on one thread; the socket's events wait in an inbox.
package final class Watching {
    let machine: WatchMachine
    let folder: SyncFolder
    let client: HubClient
    let device: DeviceID
    private let inbox: SocketInbox
    private let news: (WatchNews) -> Void
    var session: DeviceSession
    var known: KnownProgress
    /// A page until the order to take it in comes, and the events of deliveries.
    var page: PulledContents?
    var deliveries: [DeliveryID: Event] = [:]
    private var socket: SocketClient?
    private var wakeAt: UInt64 = 0
    private var stamp: UInt64 = 0
    private var inputs: [DeviceInput] = []
    /// What the session ordered while a call was under way, and has to wait for that to be over; and what went wrong meanwhile.
    private var held: [DeviceEffect] = []
    private var failureMeanwhile: SyncError?
    private var lease = DeviceLease()
    private var blocked: BlockReason?
    private var toldCritical: Set<Dot> = []

    private static let pollMilliseconds = 250

    /// - Throws: `.notJoined`
    package init(_ machine: WatchMachine, news: @escaping (WatchNews) -> Void) throws(SyncError) {
        self.machine = machine
        self.news = news
        inbox = machine.bell.inbox
        let name: String
        let local: LocalLog
        // Before the log is looked at: what is written meanwhile is noticed.
        stamp = machine.store.stamp
        do throws(ReplicaError) {
            (device, name, local) = try machine.store.reading { (store) throws(ReplicaError) in (store.device, store.name, store.localLog) }
        } catch { throw .store(error) }
        folder = SyncFolder(ofStore: machine.folder, for: device)
        guard let link = try folder.link() else { throw .notJoined(folder: machine.folder) }
        client = try HubClient(link, folder, device: device, keys: machine.keys, waitsItsTurn: false)
        known = try KnownProgress(in: folder)
        let progress = known.value
        var options = DeviceSession.Options(device: device, name: name, role: Role(rawValue: link.role) ?? .client)
        options.canLead = options.role == .master
        options.pushEvents = 5000
        session = DeviceSession(
            options, cursor: Hexadecimal.bytes(progress.cursor.utf8).flatMap { $0.isEmpty ? nil : $0 },
            acknowledged: progress.ackedThrough[device], lastSyncWall: progress.lastSync)
        inputs = [.wrote(local), .start]
        client.attendance = Attendance(work: { [unowned self] isAnswered in keepUp(until: isAnswered) }, wake: { [inbox] in inbox.ring() })
    }

    /// Runs until `isOver` says so, which is asked several times a second, or the session is blocked for good.
    ///
    /// - Throws: what keeps it from going on: the store, the disk, or the hub that lets the device in no more; `.otherIdentity` where the store was mended, after which another watch goes on.
    package func run(until isOver: () -> Bool) throws(SyncError) {
        defer { socket?.close() }
        while !isOver() {
            if inputs.isEmpty { try wait() }
            try lookAtStore()
            while !inputs.isEmpty { try perform(takeStep()) }
            if let blocked, let error = Self.error(blocked) {
                // What the hub has against a former identity is nothing to the store.
                try reading { _ in }
                throw error
            }
        }
    }

    /// Hands the next input to the session.
    private func takeStep() -> [DeviceEffect] {
        let effects = session.step(inputs.removeFirst(), now: machine.clock(), random: machine.chance())
        if session.lease != lease {
            lease = session.lease
            machine.store.note(lease)
        }
        return effects
    }

    // MARK: - Inputs

    private func wait() throws(SyncError) {
        let now = machine.clock().milliseconds
        let left = wakeAt > now ? Int(min(wakeAt - now, UInt64(Self.pollMilliseconds))) : 0
        if let (attempt, event) = inbox.next(timeoutMilliseconds: max(left, 1)) { return try take(event, of: attempt) }
        // Both are asked: each forgets what it was asked.
        let (isTold, isSeen) = (inbox.takeNetworkReturn(), machine.hasNetworkReturned())
        if isTold || isSeen { inputs.append(.networkReturned) }
        guard machine.clock().milliseconds >= wakeAt else { return }
        inputs.append(.tick)
        // The session says when the next one is due, if any is.
        wakeAt = .max
    }

    private func take(_ event: SocketClient.Event, of attempt: UInt64) throws(SyncError) {
        switch event {
        case .text(let text): try read(text, of: attempt)
        case .closed(let reason):
            let failure = ProblemCode(rawValue: reason).map { Failure.problem(Problem($0)) } ?? .unreachable
            inputs.append(.closed(attempt: attempt, failure))
        }
    }

    private func read(_ text: [UInt8], of attempt: UInt64) throws(SyncError) {
        guard let object = try? JSONValue(json: text), let message = HubMessage(json: object) else { return }
        if case .criticalEvent(let delivery) = message, delivery.includesEvent {
            deliveries[delivery.id] = text.withUnsafeBufferPointer { bytes in
                let pieces = JSONPieces(bytes)
                var parser = EventParser()
                guard let member = (try? pieces.members())?.first(where: { $0.key.elementsEqual("event".utf8) }) else { return nil }
                return try? pieces.event(in: member.value, &parser)
            }
        }
        if case .acknowledged(let dot, let devices, let missing) = message {
            try folder.noteReceipts { $0.take(dot, by: devices, missing: missing) }
            news(.acknowledged(dot, by: devices, missing: missing))
        }
        if case .heartbeat = message { try noteReached() }
        inputs.append(.received(attempt: attempt, message))
    }

    /// The hub has answered just now: a command that could not reach it, by another way or at a bad moment, has noted otherwise.
    private func noteReached() throws(SyncError) {
        guard try folder.progress().offlineSince != nil else { return }
        known.note { $0.offlineSince = nil }
        try known.save()
    }

    /// Notices what other commands have written.
    private func lookAtStore() throws(SyncError) {
        let now = machine.store.stamp
        guard now != stamp else { return }
        stamp = now
        inputs.append(.wrote(try reading { store in store.localLog }))
    }

    // MARK: - Effects

    private func perform(_ effects: [DeviceEffect]) throws(SyncError) {
        // First what is shown: the rest may wait for the network.
        for case .show(let status) in effects { try show(status) }
        for effect in effects {
            switch effect {
            case .open(let attempt, hub: _, let isRenewing): try open(attempt, isRenewing)
            case .send(_, let message): socket?.send(message.json)
            case .close: closeSocket()
            case .wake(let time): wakeAt = time
            case .push(let attempt, let order):
                inputs.append(
                    try answered(attempt, { a, f in .pushFailed(attempt: a, f) }) { () throws(SyncError) in
                        .pushed(attempt: attempt, try push(order))
                    })
            case .pull(let attempt, let cursor, let limit, let asEvents):
                inputs.append(
                    try answered(attempt, { a, f in .pullFailed(attempt: a, f) }) { () throws(SyncError) in
                        .pulled(attempt: attempt, try pull(cursor, limit, asEvents: asEvents))
                    })
            case .takeIn(let attempt):
                inputs.append(
                    try answered(attempt, { a, f in .closed(attempt: a, f) }) { () throws(SyncError) in
                        let (taken, arrival, isFit) = try takeInPage()
                        if let arrival { tell(arrival) }
                        return isFit ? .tookIn(attempt: attempt, taken) : .unfit(attempt: attempt, taken.log)
                    })
            case .takeInCritical(let attempt, let delivery):
                inputs.append(.tookInCritical(attempt: attempt, delivery, try takeIn(delivery)))
            case .saveCursor(let cursor):
                let text = cursor.map(Hexadecimal.text) ?? ""
                known.note { $0.cursor = text }
                try known.save()
            case .show: break
            }
        }
        if let failureMeanwhile { throw failureMeanwhile }
        guard !held.isEmpty else { return }
        let orders = held
        held = []
        try perform(orders)
    }

    private func closeSocket() {
        socket?.close()
        socket = nil
    }

    /// Keeps the socket alive while a call is under way: hears what comes over it, and beats. What takes time is done when the call is over.
    private func keepUp(until isAnswered: () -> Bool) {
        do throws(SyncError) {
            while !isAnswered() {
                if inputs.isEmpty { try wait() }
                while !inputs.isEmpty {
                    for effect in takeStep() {
                        switch effect {
                        case .show(let status): try show(status)
                        case .send(_, let message): socket?.send(message.json)
                        case .close: closeSocket()
                        case .wake(let time): wakeAt = time
                        case .open, .push, .pull, .takeIn, .takeInCritical, .saveCursor: held.append(effect)
                        }
                    }
                }
            }
        } catch { failureMeanwhile = error }
    }

    private func open(_ attempt: UInt64, _ isRenewing: Bool) throws(SyncError) {
        do throws(SyncError) {
            if isRenewing { try client.renew() }
            // Asking the status renews a token that has expired.
            let status = try client.status()
            try folder.noteReceipts { $0.take(status: status) }
            socket = try SocketClient.open(client.hub, token: client.link.token, authorities: client.link.authorities) { [inbox] in
                inbox.add($0, of: attempt)
            }
        } catch {
            if Self.isEnd(error) { throw error }
            return inputs.append(.openFailed(attempt: attempt, Self.failure(error)))
        }
        try hearNames()
        inputs.append(.opened(attempt: attempt))
    }

    private func answered(
        _ attempt: UInt64, _ failed: (UInt64, Failure) -> DeviceInput, _ body: () throws(SyncError) -> DeviceInput
    ) throws(SyncError) -> DeviceInput {
        do throws(SyncError) { return try body() } catch {
            if Self.isEnd(error) { throw error }
            return failed(attempt, Self.failure(error))
        }
    }

    private func takeIn(_ delivery: DeliveryID) throws(SyncError) -> AcknowledgementOutcome {
        guard let event = deliveries.removeValue(forKey: delivery) else { return .later }
        let (taken, arrival) = try takeIn([event])
        guard taken.refused.isEmpty, taken.forked.isEmpty else { return .refused }
        // It may have come with others before, in blocks that nobody looked into.
        var arrived = arrival ?? Arrival(counts: [:], conflicts: [], conflictsMore: 0, conflictsOpen: 0)
        arrived.critical = [event]
        tell(arrived)
        return .done
    }

    /// Tells what has come, of each critical event once.
    private func tell(_ arrival: Arrival) {
        var told = arrival
        told.critical = arrival.critical.filter { toldCritical.insert($0.dot).inserted }
        if !told.counts.isEmpty || !told.critical.isEmpty { news(.arrived(told)) }
    }

    private func show(_ status: SyncStatus) throws(SyncError) {
        blocked = if case .blocked(let reason) = status.state { reason } else { nil }
        known.note { progress in
            if let time = status.lastSyncWall { progress.lastSync = max(progress.lastSync ?? 0, time) }
            progress.head = status.head?.index ?? progress.head
            progress.offlineSince = if case .offline(let since) = status.state { since ?? progress.offlineSince } else { nil }
            switch status.state {
            case .connected: progress.blocked = nil
            case .blocked(.fork): progress.blocked = "other events have this device's names: its identity was used in two places"
            // Whoever pushed it may have been told more.
            case .blocked(.rejected(let dot, let code)):
                progress.blocked = progress.blocked ?? "the hub does not take \(dot): \(code.rawValue)"
            default: break
            }
        }
        try known.save()
        news(.status(status))
    }

    // MARK: - Errors

    /// Whether an error is none of the hub's or the network's: no other attempt mends it.
    private static func isEnd(_ error: SyncError) -> Bool {
        switch error {
        case .store, .otherIdentity: true
        default: false
        }
    }

    /// What a failed call means to the session.
    static func failure(_ error: SyncError) -> Failure {
        switch error {
        case .notAllowed(let problem), .fork(let problem), .refused(let problem):
            guard let code = ProblemCode(rawValue: problem.code) else { return .problem(Problem(.malformed)) }
            return .problem(Problem(code, retryAfterMilliseconds: problem.retryAfterMilliseconds, expected: problem.expected))
        default: return .unreachable
        }
    }

    /// What ends a watch; nil where it goes on with the rest.
    private static func error(_ reason: BlockReason) -> SyncError? {
        switch reason {
        case .revoked: HubProblem(Problem(.revoked)).error
        case .notEnrolled(let code): HubProblem(Problem(code)).error
        case .fork: .fork(HubProblem(status: 409, code: "fork", detail: "this device's identity was used in two places"))
        case .rejected, .refusedHere: nil
        }
    }
}
