/// What happened to pushed events since the hub started: for `/metrics`.
struct WorkspaceCounters: Sendable {
    var pushes: UInt64 = 0
    var accepted: UInt64 = 0
    var duplicates: UInt64 = 0
    var parked: UInt64 = 0
    var rejected: UInt64 = 0
}
