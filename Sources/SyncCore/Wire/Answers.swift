package import EventCore

/// The answer to a push.
package struct PushAnswer: Hashable, Sendable {
    /// In the order of the push, covering all its events.
    package var runs: [VerdictRun]
    /// Of every device that the hub has events of.
    package var ackedThrough: VersionVector
    package var head: Position
    /// Devices whose chain, as the pusher has it, is another one than the hub's: forks.
    package var forked: [DeviceID]

    package init(runs: [VerdictRun], ackedThrough: VersionVector, head: Position, forked: [DeviceID] = []) {
        self.runs = runs
        self.ackedThrough = ackedThrough
        self.head = head
        self.forked = forked
    }
}

/// The answer to a pull: the shell fills in the events of `positions`.
package struct PullAnswer: Hashable, Sendable {
    package var positions: Range<Position>
    package var cursor: Cursor
    package var head: Position
    package var chains: [SignedHead]

    /// Whether there is more behind this page.
    package var hasMore: Bool { positions.upperBound < head }

    package init(positions: Range<Position>, cursor: Cursor, head: Position, chains: [SignedHead]) {
        self.positions = positions
        self.cursor = cursor
        self.head = head
        self.chains = chains
    }
}

/// A line of `GET /devices`.
package struct DeviceLine: Hashable, Sendable {
    package var device: EnrolledDevice
    package var isConnected: Bool
    /// Whether it holds the lease.
    package var isLeading: Bool
    /// Milliseconds since 1970; nil when it was not here since the hub started.
    package var lastSeenWall: UInt64?
    package var lag: UInt64?
    package var pending: UInt64?
    package var acknowledged: UInt64
    package var undelivered: [Position]
    /// What the device has signed last; nil when it has not.
    package var signature: DeviceSignature?

    package init(
        device: EnrolledDevice, isConnected: Bool, isLeading: Bool, lastSeenWall: UInt64?, lag: UInt64?, pending: UInt64?,
        acknowledged: UInt64,
        undelivered: [Position], signature: DeviceSignature?
    ) {
        self.device = device
        self.isConnected = isConnected
        self.isLeading = isLeading
        self.lastSeenWall = lastSeenWall
        self.lag = lag
        self.pending = pending
        self.acknowledged = acknowledged
        self.undelivered = undelivered
        self.signature = signature
    }
}

/// The answer to `GET /sync/status`, without what only the shell knows.
package struct HubStatus: Hashable, Sendable {
    package var log: LogID
    package var head: Position
    package var digest: Hash256
    package var leadership: Leadership
    package var connected: Int
    package var limits: SyncLimits
    /// Milliseconds since 1970 at the hub.
    package var wall: UInt64
    package var caller: DeviceLine
    /// Critical events that the caller has not ended.
    package var pendingCritical: [Position]
    /// The caller's own that some device has not ended.
    package var unacknowledgedCritical: [Position]
    /// The caller's own that are open, whether all have ended them or not.
    package var ownCritical: [CriticalStanding]

    package init(
        log: LogID, head: Position, digest: Hash256, leadership: Leadership, connected: Int, limits: SyncLimits, wall: UInt64,
        caller: DeviceLine, pendingCritical: [Position], unacknowledgedCritical: [Position], ownCritical: [CriticalStanding]
    ) {
        self.log = log
        self.head = head
        self.digest = digest
        self.leadership = leadership
        self.connected = connected
        self.limits = limits
        self.wall = wall
        self.caller = caller
        self.pendingCritical = pendingCritical
        self.unacknowledgedCritical = unacknowledgedCritical
        self.ownCritical = ownCritical
    }
}

/// Who has ended the delivery of a critical event, and who has not yet.
package struct CriticalStanding: Hashable, Sendable {
    package var dot: Dot
    package var by: [DeviceID]
    package var missing: [DeviceID]

    package init(dot: Dot, by: [DeviceID], missing: [DeviceID]) {
        self.dot = dot
        self.by = by
        self.missing = missing
    }
}
