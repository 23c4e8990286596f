package import EventCore

/// A device's side of syncing without sockets, timers and disk: `step(input, now, random) → effects`.
///
/// While it is connected it asks the hub what that has, then pulls and pushes by turns, one call at a time, until both are at the end. The queue of what goes out is the local log itself; what is
/// remembered across processes is the cursor alone, saved when the events before it are durable and folded. It belongs to one task.
package struct DeviceSession {
    /// What does not change while it runs.
    package struct Options: Hashable, Sendable {
        package var device: DeviceID
        package var name: String
        /// As it was enrolled.
        package var role: Role
        /// How many addresses the hub has.
        package var hubs = 1
        package var canLead = false
        package var priority = 0
        package var pushEvents = 5_000
        package var pushBytes = 4 * 1024 * 1024
        package var pullEvents = 10_000
        /// A clock that differs by more is worth a warning.
        package var skewMilliseconds = usualSkewMilliseconds
        package static let usualSkewMilliseconds: UInt64 = 300_000

        package init(device: DeviceID, name: String, role: Role) {
            self.device = device
            self.name = name
            self.role = role
        }
    }

    enum Link: Hashable {
        case down
        case opening
        case registering(sentAt: UInt64)
        case up
    }

    /// The one call that is under way.
    enum Exchange: Hashable {
        case none
        case asking
        case pushing
        case pulling
        case takingIn(PulledPage)
    }

    let options: Options
    var isRunning = false
    var link = Link.down
    var exchange = Exchange.none
    var attempt: UInt64 = 0
    var hub = 0
    var backoff = Backoff()
    var retryAt: UInt64?
    var pausedUntil: UInt64 = 0
    /// Whether the hub had no room for the last push, and when the next one may be tried; pulls go on.
    var isHubFull = false
    var pushHeldUntil: UInt64 = 0
    var isTokenBad = false
    var limits = SyncLimits()

    // What is known of both sides.
    var local = LocalLog(end: Position(0), ownSeq: 0)
    var cursor: [UInt8]?
    /// What the hub has, as far as it said since this attempt began; what was ever seen of that.
    var acked = VersionVector()
    var isAskDue = true
    /// Events of the local log before it are pushed, or the hub has them.
    var scanned = Position(0)
    var pulledTo: Position?
    /// Up to there pages are pulled as events: as blocks they did not fit.
    var eventsTo = Position(0)
    /// As far as answers said, which come in order; and hints, which do not.
    var answeredHead = Position(0)
    var hintedHead = Position(0)
    /// The hints that came since the last pull began: older ones the answer knows of.
    var newHints = Position(0)
    /// Behind the critical events that came by themselves: the hub has at least as many.
    var deliveredTo = Position(0)
    var isPullDue = true
    var isPullNext = true
    var lastGap: Dot?
    var pushEvents: Int
    var pushSize = PushSize()
    /// When the push that is under way was asked for.
    var pushedAt: UInt64 = 0

    // What is shown.
    var enrolledRole: Role
    var halt: BlockReason?
    var lastProblem: ProblemCode?
    var rejected: [Dot: ProblemCode] = [:]
    var refusedHere: [Dot] = []
    var warnings: [SyncWarning] = []
    var acknowledged: UInt64
    var offlineSince: UInt64?
    var lastSync: UInt64?
    var done: UInt64 = 0
    var ownCritical: [Dot: Int] = [:]
    private var shown: SyncStatus?

    // Heartbeats.
    /// As the device knows it; on the clock that the steps are told.
    package internal(set) var lease = DeviceLease()
    var promisedEpoch: UInt64 = 0
    /// The newest that any hub told of.
    var heardEpoch: UInt64 = 0
    var heartbeats: UInt64 = 0
    var unanswered: [(id: UInt64, epoch: UInt64, sentAt: UInt64)] = []
    var beatAt: UInt64 = 0
    var lastHeard: UInt64 = 0
    /// Deliveries whose events come by pull.
    var awaited: [DeliveryID] = []

    // Of the step that is under way.
    var now = ClockReading(milliseconds: 0, wall: 0)
    var random: UInt64 = 0
    var effects: [DeviceEffect] = []
    private var plannedTick: UInt64?
    private var isTickPlanned = false

    /// - Parameters:
    ///   - cursor: the one that was saved last.
    ///   - acknowledged: the device's last event that the hub was known to have, for showing only.
    ///   - lastSyncWall: when everything was last there and here, for showing only.
    package init(_ options: Options, cursor: [UInt8]?, acknowledged: UInt64 = 0, lastSyncWall: UInt64? = nil) {
        precondition(options.hubs > 0)
        self.options = options
        self.cursor = cursor
        self.acknowledged = acknowledged
        lastSync = lastSyncWall
        offlineSince = lastSyncWall
        enrolledRole = options.role
        pushEvents = options.pushEvents
    }

    /// - Parameter random: anything; for when to try again.
    package mutating func step(_ input: DeviceInput, now: ClockReading, random: UInt64) -> [DeviceEffect] {
        (self.now, self.random, effects, isTickPlanned) = (now, random, [], false)
        handle(input)
        dropLapsedLease()
        exchangeNext()
        show()
        if isTickPlanned, let plannedTick { effects.append(.wake(atMilliseconds: plannedTick)) }
        defer { effects = [] }
        return effects
    }

    /// The epoch to write events under; 0 when the device does not lead. A joined device writes policies under a lease only.
    package func leaseEpoch(now: ClockReading) -> UInt64 { lease.epoch(at: now.milliseconds) }

    /// The events that the hub rejected, and why, sorted.
    package var rejectedEvents: [(dot: Dot, code: ProblemCode)] {
        rejected.sorted { $0.key < $1.key }.map { (dot: $0.key, code: $0.value) }
    }

    private mutating func handle(_ input: DeviceInput) {
        switch input {
        case .start: start()
        case .stop: stop()
        case .networkReturned:
            guard isRunning, halt == nil, link == .down else { return }
            backoff.reset()
            open()
        case .wrote(let log): local = log
        case .opened(attempt): opened()
        case .openFailed(attempt, let failure), .closed(attempt, let failure), .pullFailed(attempt, let failure): fail(failure)
        case .pushFailed(attempt, let failure): pushFailed(failure)
        case .received(attempt, let message): receive(message)
        case .pushed(attempt, let result): pushed(result)
        case .pulled(attempt, let page): pulled(page)
        case .tookIn(let number, let taken):
            local = taken.log
            if number == attempt { tookIn(taken) }
        case .unfit(let number, let log):
            local = log
            if number == attempt { unfit() }
        case .tookInCritical(attempt, let delivery, let outcome): send(.acknowledge(delivery, outcome))
        case .tick: tick()
        case .opened, .openFailed, .closed, .received, .pushed, .pushFailed, .pulled, .pullFailed, .tookInCritical: break
        }
    }

    /// Asks to be woken.
    mutating func plan(at milliseconds: UInt64) {
        if let plannedTick, plannedTick <= milliseconds { return }
        plannedTick = milliseconds
        isTickPlanned = true
    }

    private mutating func tick() {
        plannedTick = nil
        if let retryAt {
            if retryAt <= now.milliseconds { open() } else { plan(at: retryAt) }
        }
        if pausedUntil > now.milliseconds { plan(at: pausedUntil) }
        if pushHeldUntil > now.milliseconds { plan(at: pushHeldUntil) }
        if lease.epoch(at: now.milliseconds) > 0 { plan(at: lease.until) }
        beatWhenDue()
    }

    // MARK: - Showing

    private mutating func show() {
        let epoch = lease.epoch(at: now.milliseconds)
        let role: Role = epoch > 0 ? .master : enrolledRole == .master ? .client : enrolledRole
        if state == .connected { lastSync = lastSync.map { max($0, now.wall) } ?? now.wall }
        var status = SyncStatus(
            state: state, warnings: warnings, role: role, epoch: epoch, hub: hub, lastSyncWall: lastSync, acknowledged: acknowledged,
            pending: local.ownSeq - min(acknowledged, local.ownSeq), unacknowledgedCritical: ownCritical.count,
            head: max(answeredHead, hintedHead), withheld: withheld)
        // Time alone is nothing new.
        if shown?.state == .connected && status.state == .connected { status.lastSyncWall = shown?.lastSyncWall }
        guard status != shown else { return }
        shown = status
        effects.append(.show(status))
    }

    private var state: SyncState {
        guard isRunning else { return halt.map { .blocked($0) } ?? .stopped }
        if let halt { return .blocked(halt) }
        switch link {
        case .opening, .registering: return .connecting
        case .down: return lastProblem.map { .error($0) } ?? .offline(sinceWall: offlineSince)
        case .up: break
        }
        if isAskDue || exchange == .asking { return .connecting }
        let left = remaining
        if left > 0 { return .syncing(done: done, total: done + left) }
        if let code = lastProblem { return .error(code) }
        if isHubFull { return .error(.quotaExceeded) }
        if let (dot, code) = rejected.min(by: { $0.key < $1.key }) { return .blocked(.rejected(dot, code)) }
        return refusedHere.first.map { .blocked(.refusedHere($0)) } ?? .connected
    }

    /// Events that are still to come or to go, about.
    private var remaining: UInt64 {
        let head = max(answeredHead, hintedHead).index
        let toPull = pulledTo.map { head - min($0.index, head) } ?? head
        return toPull + (canPush && !isHubFull && scanned < local.end ? max(1, local.ownSeq - min(acknowledged, local.ownSeq)) : 0)
    }

    var canPush: Bool { enrolledRole.pushes }

    /// What a reader holds alone: with all that the hub has it has more than the hub. A hub that was put back may have lost it.
    private var withheld: UInt64 {
        guard !canPush, state == .connected, let pulledTo, pulledTo >= deliveredTo else { return 0 }
        return local.end.index - min(local.end.index, pulledTo.index)
    }
}
