internal import SyncClient
internal import SyncCore

/// How a store stands with its hub.
public enum SyncState: Hashable, Sendable {
    /// Nobody asked it to sync.
    case stopped
    /// It is on its way to the hub, or asks what that has.
    case connecting
    /// Events that have travelled, of those that were to when this began, both ways.
    case syncing(done: UInt64, total: UInt64)
    /// Everything written here is at the hub, and everything that the hub has told of is here.
    case upToDate
    /// The hub cannot be reached; it is tried again by itself. Since when: milliseconds since 1970; nil where it never was.
    case offline(since: UInt64?)
    /// The hub answered with a problem; it is tried again by itself.
    case failing(SynclineError)
    /// It does not go on by itself, or not with all events: somebody has to do what the error advises.
    case blocked(SynclineError)

    init(_ state: SyncCore.SyncState) {
        self =
            switch state {
            case .stopped: .stopped
            case .offline(let since): .offline(since: since)
            case .connecting: .connecting
            case .connected: .upToDate
            case .syncing(let done, let total): .syncing(done: done, total: total)
            case .error(let code): .failing(SynclineError(code))
            case .blocked(let reason): .blocked(SynclineError(reason))
            }
    }
}

/// How a store stands with its hub, and what is odd about it all the same.
public struct SyncStatus: Hashable, Sendable {
    /// What it does, or why it does nothing.
    public internal(set) var state: SyncState
    /// What stops nothing, and a person should know: each for as long as it stands.
    public internal(set) var warnings: [SyncWarning] = []
}

/// What a device may do in its workspace.
public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Pushes and pulls, and may be the workspace's master.
    case master
    /// Pushes and pulls.
    case client
    /// Pulls only: what is written on it stays there.
    case reader
}
