internal import EventCore

/// A device of offered events: how far it is admitted, and what of it came too early.
struct DeviceLane {
    let device: DeviceID
    /// The seq of its last event that is admitted.
    var applied: UInt64
    var early = EarlyEvents()
    /// Whether its next event was refused, so that none of its events can be admitted any more.
    var isStuck = false
    /// Where its offered events are others than those that wait here.
    var forkedSeq: UInt64?
}
