package import EventCore

/// The 128-bit random identity of a workspace: one log, one set of devices.
package struct WorkspaceID: Hashable, Sendable {
    /// 16 bytes.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == 16)
        self.bytes = bytes
    }
}

/// The 128-bit identity of a hub's log, another one for each log that was ever made.
package struct LogID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// A call that waits for its answer; the shell numbers them.
package struct RequestID: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// An open socket; the shell numbers them upwards, in the order in which it hands them to the core.
package struct ConnectionID: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What must become durable together, counted from 1.
package struct StoreNumber: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// The delivery of a critical event to one device: the event's position, so that it is the same across restarts.
package typealias DeliveryID = Position
