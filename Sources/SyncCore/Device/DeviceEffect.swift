package import EventCore

/// What a session's shell has to do, in this order. Every call has a deadline: one that is not answered failed, as `.unreachable`.
package enum DeviceEffect: Hashable, Sendable {
    /// Sign in if there is no good token, then open the socket. Answered with `opened` or `openFailed`.
    case open(attempt: UInt64, hub: Int, renewingToken: Bool)
    case send(attempt: UInt64, DeviceMessage)
    case push(attempt: UInt64, PushOrder)
    /// `asEvents`: no packed blocks, for those at the cursor did not fit.
    case pull(attempt: UInt64, cursor: [UInt8]?, limit: Int, asEvents: Bool = false)
    /// Make the page's events durable and fold them. Answered with `tookIn` or `unfit`.
    case takeIn(attempt: UInt64)
    /// The same with the event of a delivery. Answered with `tookInCritical`.
    case takeInCritical(attempt: UInt64, DeliveryID)
    /// Comes after the events before it are durable and folded, never earlier. nil: forget it.
    case saveCursor([UInt8]?)
    case close(attempt: UInt64)
    /// Call `tick` at this time of the clock that never goes back. It takes the place of the wake-up that was asked for before.
    case wake(atMilliseconds: UInt64)
    case show(SyncStatus)
}

/// What to push: the events of the local log from `from` on that `lacking` does not cover, in the log's order, and all chains' heads, its own signed.
package struct PushOrder: Hashable, Sendable {
    package var from: Position
    /// What the hub has.
    package var lacking: VersionVector
    /// 0: only ask.
    package var limitEvents: Int
    package var limitBytes: Int

    package init(from: Position, lacking: VersionVector, limitEvents: Int, limitBytes: Int) {
        self.from = from
        self.lacking = lacking
        self.limitEvents = limitEvents
        self.limitBytes = limitBytes
    }
}
