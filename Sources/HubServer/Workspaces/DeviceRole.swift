/// What a device may do in its workspace.
package enum DeviceRole: String, Sendable, CaseIterable {
    /// All of it, and it may be granted the lease.
    case master
    case client
    /// Pulls only.
    case reader

    var mayPush: Bool { self != .reader }
}
