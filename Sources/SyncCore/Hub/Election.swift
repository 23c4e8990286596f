package import EventCore

/// Who is given the lease when nobody has it.
package enum Election {
    /// A device that is connected, has the role, and takes the lease if it is given.
    package struct Candidate: Hashable, Sendable {
        package let device: DeviceID
        package let priority: Int

        package init(device: DeviceID, priority: Int) {
            self.device = device
            self.priority = priority
        }
    }

    /// The one of the highest priority; of several the one whose id is the lowest. nil without candidates.
    package static func winner(among candidates: [Candidate]) -> DeviceID? {
        candidates.min { ($1.priority, $0.device) < ($0.priority, $1.device) }?.device
    }
}

/// A lease: until when whom the newest epoch was granted to may believe in it. The hub grants no other before.
///
/// The hub counts from when a heartbeat came in, the device from when it was sent, and a tenth less (`DeviceLease`): so the device stops before the hub grants the next epoch
/// as long as their clocks run at rates that differ by less than a tenth, however long messages take.
struct Lease {
    private(set) var holder: DeviceID?
    private(set) var until: UInt64

    /// When a hub starts, the holder of the newest epoch may have been renewed just before it ended.
    init(afterStart state: HubState, now: UInt64, limits: SyncLimits) {
        holder = state.grants.newestHolder
        until = now + limits.leaseMilliseconds
    }

    mutating func grant(to device: DeviceID, now: UInt64, limits: SyncLimits) {
        holder = device
        until = now + limits.leaseMilliseconds
    }

    /// Whether the lease was the device's, and is renewed.
    mutating func renew(by device: DeviceID, now: UInt64, limits: SyncLimits) -> Bool {
        guard holder == device, now < until else { return false }
        until = now + limits.leaseMilliseconds
        return true
    }

    /// Whether the lease has just run out.
    mutating func lapse(now: UInt64) -> Bool {
        guard holder != nil, now >= until else { return false }
        holder = nil
        return true
    }
}
