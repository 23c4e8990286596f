package import ReplicaEngine

extension WritingLease {
    /// The lease of a store's device, which joins when its folder says so.
    ///
    /// - Parameters:
    ///   - folder: the store's.
    ///   - epoch: that of the lease which the device holds now; 0 while it does not lead.
    package init(ofStore folder: String, epoch: @escaping () -> UInt64 = { 0 }) {
        self.init(hasJoined: { SyncFolder(ofStore: folder).hasLink }, epoch: epoch)
    }
}
