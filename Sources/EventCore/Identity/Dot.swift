/// The name of an event: the device that wrote it and its place among that device's events, typed `device:seq`.
///
/// The order (device bytes, then seq as a number) is for display and canonical output; it says nothing about causality.
public struct Dot: Hashable, Comparable, Sendable {
    /// The device that wrote the event.
    public let device: DeviceID
    /// 1 for a device's first event, without gaps over all records together.
    public let seq: UInt64

    /// Event `seq` of `device`.
    public init(device: DeviceID, seq: UInt64) {
        self.device = device
        self.seq = seq
    }

    /// By device bytes, then by seq.
    public static func < (left: Self, right: Self) -> Bool {
        left.device == right.device ? left.seq < right.seq : left.device < right.device
    }
}

extension Dot: CustomStringConvertible {
    /// `device:seq`.
    public var description: String { "\(device):\(seq)" }
}
