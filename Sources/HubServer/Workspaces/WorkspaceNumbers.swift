internal import HubStore

/// What `/metrics` shows of a workspace.
struct WorkspaceNumbers: Sendable {
    let name: String
    let head: UInt64
    let logBytes: UInt64
    /// nil without a limit.
    let quotaBytes: UInt64?
    let waiting: UInt64
    let devices: UInt64
    let sockets: UInt64
    let openCritical: UInt64
    let epoch: UInt64
    let syncs: UInt64
    let counters: WorkspaceCounters
}
