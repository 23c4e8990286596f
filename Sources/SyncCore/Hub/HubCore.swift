internal import EventCore

/// One workspace's hub without sockets, timers and disk: `step(input, now) → effects`.
///
/// It gives accepted events positions, and passes on what is new; it adds nothing to what events mean. What a caller is told waits until it is durable (`DurabilityGate`), so a hub that
/// loses power has told nobody what it does not know any more. It belongs to one task at a time; several workspaces share nothing.
///
/// What outlives the process is the log and the `records` of `store` effects; the core begins with `HubState(records)`. Critical events that the log admitted and no record noted, as after a
/// crash between the two, are found when it begins: the shell carries out `start`'s effects first.
package struct HubCore<Log: HubLog, Crypto: Cryptography> {
    package let workspace: WorkspaceID
    package let limits: SyncLimits
    /// The shell makes durable what it has admitted, and reads the events of pages from it.
    package var log: Log
    package internal(set) var state: HubState
    var sessions = HubSessions()
    var lease: Lease
    /// Whether this hub has noticed that it was put back to an older copy; that happens while it does not run, so once is enough.
    var hasPassedOverEpochs = false
    /// Whether it has heard of an epoch that it had forgotten, and need not guess how many there are.
    var hasHeardOfForgottenEpoch = false
    var challenges: [DeviceID: [(nonce: Hash256, expiresAt: UInt64)]] = [:]
    var waits: [RequestID: Wait] = [:]
    var rates: [DeviceID: Rates] = [:]
    var strangers: RateLimit
    var lastSeenWall: [DeviceID: UInt64] = [:]
    /// The newest epoch when this hub began. If it was put back before, it may have granted the ones behind it once more.
    let epochAtStart: UInt64
    private var gate = DurabilityGate()
    private var isStopped = false

    // Of the step that is under way.
    var now: ClockReading
    private var records: [HubRecord] = []
    private var isLogTouched = false
    private var immediate: [HubEffect] = []
    private var gated: [HubEffect] = []
    /// The earliest time at which something is due; no later than the wake-up that was asked for.
    private var plannedTick: UInt64?
    private var isTickPlanned = false

    /// A pull that waits for news.
    struct Wait {
        let device: DeviceID
        let from: Position
        let limit: Int
        let until: UInt64
    }

    /// What a device may still do.
    struct Rates {
        var calls: RateLimit
        var events: RateLimit
    }

    package init(workspace: WorkspaceID, state: HubState, log: Log, limits: SyncLimits = SyncLimits(), now: ClockReading) {
        self.workspace = workspace
        self.limits = limits
        self.log = log
        self.state = state
        self.now = now
        epochAtStart = state.epoch
        lease = Lease(afterStart: state, now: now.milliseconds, limits: limits)
        strangers = RateLimit(perSecond: limits.strangersPerSecond, atOnce: limits.strangersAtOnce, now: now.milliseconds)
    }

    /// Notes critical events that a hub before this one admitted and could not note any more.
    package mutating func start(now: ClockReading) -> [HubEffect] {
        begin(now)
        do throws(HubLogError) { note(try log.criticalEvents(from: state.noted)) } catch { stop() }
        plan(at: lease.until)
        return finish()
    }

    package mutating func step(_ input: HubInput<Log.Batch>, now: ClockReading) -> [HubEffect] {
        guard !isStopped else { return [] }
        begin(now)
        switch input {
        case .call(let request, let call): answer(request, call)
        case .cancelled(let request): waits[request] = nil
        case .socket(let request, let connection, let token): open(connection, request, token)
        case .received(let connection, let message): receive(message, from: connection)
        case .sent(let connection, let count):
            if let index = sessions.index(of: connection) { sessions.all[index].queue.remove(count) }
            sendHeld(to: connection)
        case .disconnected(let connection): end(connection)
        case .durable(let store): immediate += gate.open(upTo: store)
        case .storeFailed: stop()
        case .tick: tick()
        }
        return finish()
    }

    // MARK: - A step's effects

    private mutating func begin(_ now: ClockReading) {
        self.now = now
        (records, isLogTouched, immediate, gated, isTickPlanned) = ([], false, [], [], false)
    }

    private mutating func finish() -> [HubEffect] {
        guard !isStopped else { return [.stop] }
        var effects: [HubEffect] = []
        if isLogTouched || !records.isEmpty { effects.append(.store(gate.issue(), records, includesLog: isLogTouched)) }
        effects += immediate
        effects += gate.pass(gated)
        if isTickPlanned, let plannedTick { effects.append(.wake(atMilliseconds: plannedTick)) }
        return effects
    }

    /// Keeps a change for good.
    mutating func keep(_ record: HubRecord) {
        state.apply(record)
        records.append(record)
    }

    mutating func touchLog() { isLogTouched = true }

    /// What shows nothing that could be lost.
    mutating func emit(_ effect: HubEffect) { immediate.append(effect) }

    /// What is told only when everything so far is durable.
    mutating func emitDurably(_ effect: HubEffect) { gated.append(effect) }

    /// Nothing can be written any more: nobody is answered, as nobody knows what is on the disk.
    mutating func stop() { isStopped = true }

    /// Asks to be woken.
    mutating func plan(at milliseconds: UInt64) {
        if let plannedTick, plannedTick <= milliseconds { return }
        plannedTick = milliseconds
        isTickPlanned = true
    }

    private mutating func tick() {
        if let planned = plannedTick, planned > now.milliseconds { return plan(again: planned) }
        plannedTick = nil
        endWaits()
        endSilentSessions()
        lead()
        redeliver()
        for index in sessions.all.indices { plan(at: deadline(of: sessions.all[index])) }
        for wait in waits.values { plan(at: wait.until) }
        if lease.holder != nil { plan(at: lease.until) }
    }

    /// A tick that came early takes the place of the wake-up that was asked for.
    private mutating func plan(again milliseconds: UInt64) {
        plannedTick = milliseconds
        isTickPlanned = true
    }
}
