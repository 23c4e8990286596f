package import EventCore

/// What a device says on a socket.
package enum DeviceMessage: Hashable, Sendable {
    case register(Registration)
    case acknowledge(DeliveryID, AcknowledgementOutcome)
    /// The hub answers with a heartbeat that names `id`.
    case heartbeat(DeviceHeartbeat)

    /// What a message is called on the wire.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case register = "register_device"
        case acknowledge
        case heartbeat
    }
}

/// The first message on a socket.
package struct Registration: Hashable, Sendable {
    package var device: DeviceID
    package var name: String
    /// Whether it takes the lease when it is given.
    package var canLead: Bool
    /// The higher one is given the lease first.
    package var priority: Int
    /// The bytes of its cursor.
    package var cursor: [UInt8]?
    /// The newest epoch that it has heard of: a hub that was put back learns from it that it has forgotten some.
    package var epoch: UInt64

    package init(
        device: DeviceID, name: String, canLead: Bool = false, priority: Int = 0, cursor: [UInt8]? = nil, epoch: UInt64 = 0
    ) {
        self.device = device
        self.name = name
        self.canLead = canLead
        self.priority = priority
        self.cursor = cursor
        self.epoch = epoch
    }
}

/// What a device did with a critical event.
package enum AcknowledgementOutcome: String, Hashable, Sendable, CaseIterable {
    /// It is durable there.
    case done
    /// It does not want it; this ends it, too.
    case refused
    /// Again at the next connect.
    case later
}

/// A device's sign of life.
package struct DeviceHeartbeat: Hashable, Sendable {
    package var id: UInt64
    /// Of its lease; 0 without one.
    package var epoch: UInt64
    /// How many events of the hub it has not pulled.
    package var lag: UInt64
    /// How many of its events the hub has not acknowledged.
    package var pending: UInt64

    package init(id: UInt64, epoch: UInt64, lag: UInt64, pending: UInt64) {
        self.id = id
        self.epoch = epoch
        self.lag = lag
        self.pending = pending
    }
}
