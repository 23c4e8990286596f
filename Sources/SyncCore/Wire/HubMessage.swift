package import EventCore

/// What the hub says on a socket.
package enum HubMessage: Hashable, Sendable {
    case registered(Registered)
    case criticalEvent(Delivery)
    /// To the writer of a critical event: who has it, who has not yet.
    case acknowledged(Dot, by: [DeviceID], missing: [DeviceID])
    /// The head moved: a hint.
    case changes(head: Position)
    case heartbeat(HubHeartbeat)
    case roleChanged(Leadership)
    case error(Problem)

    /// About how many bytes it has on the wire.
    package var byteCountEstimate: Int {
        switch self {
        case .registered: 1024
        case .criticalEvent(let delivery): 256 + (delivery.includesEvent ? delivery.byteCount : 0)
        case .acknowledged(_, let devices, let missing): 256 + 40 * (devices.count + missing.count)
        case .changes, .heartbeat, .roleChanged, .error: 256
        }
    }
}

/// The answer to `register`.
package struct Registered: Hashable, Sendable {
    package var session: ConnectionID
    package var leadership: Leadership
    package var head: Position
    package var limits: SyncLimits

    package init(session: ConnectionID, leadership: Leadership, head: Position, limits: SyncLimits) {
        self.session = session
        self.leadership = leadership
        self.head = head
        self.limits = limits
    }
}

/// Who leads, from one device's point of view.
package struct Leadership: Hashable, Sendable {
    /// What this device does now: `master` only while it holds the lease.
    package var role: Role
    /// Who holds the lease; nil when nobody does.
    package var master: DeviceID?
    /// The newest epoch that was granted; 0 before the first.
    package var epoch: UInt64

    package init(role: Role, master: DeviceID?, epoch: UInt64) {
        self.role = role
        self.master = master
        self.epoch = epoch
    }
}

/// An attempt to hand a critical event over.
package struct Delivery: Hashable, Sendable {
    package var id: DeliveryID
    package var dot: Dot
    /// Counted from 1, since the device connected.
    package var attempt: Int
    /// Whether the event itself is in the message; otherwise it is too large, and the device pulls.
    package var includesEvent: Bool
    package var byteCount: Int

    package init(id: DeliveryID, dot: Dot, attempt: Int, includesEvent: Bool, byteCount: Int) {
        self.id = id
        self.dot = dot
        self.attempt = attempt
        self.includesEvent = includesEvent
        self.byteCount = byteCount
    }
}

/// The answer to a device's heartbeat. It renews the lease, if the device has it.
package struct HubHeartbeat: Hashable, Sendable {
    /// The device's heartbeat that it answers.
    package var ref: UInt64
    package var leadership: Leadership
    package var head: Position
    package var tokenExpiresInMilliseconds: UInt64
    /// Milliseconds since 1970 at the hub, so that a device notices a clock that is wrong.
    package var wall: UInt64

    package init(ref: UInt64, leadership: Leadership, head: Position, tokenExpiresInMilliseconds: UInt64, wall: UInt64) {
        self.ref = ref
        self.leadership = leadership
        self.head = head
        self.tokenExpiresInMilliseconds = tokenExpiresInMilliseconds
        self.wall = wall
    }
}
