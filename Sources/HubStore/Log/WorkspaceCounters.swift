/// What happened to pushed events since the hub started: for `/metrics`.
package struct WorkspaceCounters: Sendable {
    package internal(set) var pushes: UInt64 = 0
    package internal(set) var accepted: UInt64 = 0
    package internal(set) var duplicates: UInt64 = 0
    package internal(set) var parked: UInt64 = 0
    package internal(set) var rejected: UInt64 = 0
}
