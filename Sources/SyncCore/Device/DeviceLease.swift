/// A device's own view of its lease: it stops believing in it before the hub may grant the next one.
///
/// The hub counts a lease from when the heartbeat came in. The device counts from when it sent that heartbeat, which is earlier, and a tenth less: so it stops first unless its clock
/// runs slower than the hub's by more than a tenth. Nothing but an answer to its own message makes or prolongs a lease: a `role_changed` may have been under way for any time.
package struct DeviceLease: Hashable, Sendable {
    package private(set) var epoch: UInt64 = 0
    package private(set) var until: UInt64 = 0

    package init() {}

    /// The hub answered a message that was sent at `sentAt`: the device leads.
    mutating func confirm(_ epoch: UInt64, sentAt: UInt64, leaseMilliseconds: UInt64) {
        guard epoch >= self.epoch else { return }
        let end = sentAt + leaseMilliseconds - leaseMilliseconds / 10
        until = epoch > self.epoch ? end : max(until, end)
        self.epoch = epoch
    }

    mutating func drop() { (epoch, until) = (0, 0) }

    /// The epoch to write under; 0 when there is no lease, or it is over.
    package func epoch(at now: UInt64) -> UInt64 { now < until ? epoch : 0 }
}
