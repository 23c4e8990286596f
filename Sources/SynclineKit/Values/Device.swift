internal import EventCore

/// The 128-bit random identity of a store that writes events; shown as a lower-case UUID.
public struct DeviceID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let value: EventCore.DeviceID

    /// Reads 36 characters of lower-case hexadecimal with hyphens; nil for anything else.
    public init?(_ text: String) {
        guard let value = EventCore.DeviceID(text) else { return nil }
        self.value = value
    }

    /// The lower-case UUID.
    public var description: String { value.description }

    /// Ordered as the sixteen bytes are.
    public static func < (left: DeviceID, right: DeviceID) -> Bool { left.value < right.value }

    init(_ value: EventCore.DeviceID) { self.value = value }
}

/// A device, and what it is shown as.
public struct Device: Hashable, Sendable {
    /// What it is known by, everywhere and for good.
    public let id: DeviceID
    /// For people: its name, with the beginning of its id where several have that name, or the beginning of its id where it has told none.
    public let name: String

    init(_ id: EventCore.DeviceID, _ name: String) {
        self.id = DeviceID(id)
        self.name = name
    }
}

/// The name of an event: the device that wrote it, and its place among that device's events.
public struct Dot: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The device that wrote the event.
    public let device: DeviceID
    /// 1 for a device's first event, without gaps over all records together.
    public let seq: UInt64

    /// Event `seq` of `device`.
    public init(device: DeviceID, seq: UInt64) {
        self.device = device
        self.seq = seq
    }

    /// `device:seq`, as the command line reads it.
    public var description: String { "\(device):\(seq)" }

    /// By device, then by seq; it says nothing of what came first.
    public static func < (left: Dot, right: Dot) -> Bool { left.device == right.device ? left.seq < right.seq : left.device < right.device }

    init(_ dot: EventCore.Dot) { self.init(device: DeviceID(dot.device), seq: dot.seq) }

    var value: EventCore.Dot { EventCore.Dot(device: device.value, seq: seq) }
}
