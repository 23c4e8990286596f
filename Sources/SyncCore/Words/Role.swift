/// What a device may do, as it was enrolled; on the wire also what it is doing now.
package enum Role: String, Hashable, Sendable, CaseIterable {
    /// Pushes and pulls, and may be given the lease. Without the lease it is as good as a client.
    case master
    /// Pushes and pulls.
    case client
    /// Pulls only.
    case reader

    /// Whether its events are taken.
    package var pushes: Bool { self != .reader }
}
