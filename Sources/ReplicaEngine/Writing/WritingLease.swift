/// The lease that a store's own events are written under, as whoever holds the store open knows it.
///
/// Every event written under it carries its epoch. A store that has joined a workspace writes policies in no other way.
package struct WritingLease {
    /// Whether the store has joined a workspace; asked only where a policy is to be written without a lease.
    let hasJoined: () -> Bool
    /// The epoch of the lease that the device holds; 0 while it does not lead.
    let epoch: () -> UInt64

    package init(hasJoined: @escaping () -> Bool, epoch: @escaping () -> UInt64) {
        self.hasJoined = hasJoined
        self.epoch = epoch
    }
}
