internal import SyncCore

/// How a device stands to its hub, in the words of `status`.
enum StateWords {
    /// The state, and why where it does not go on.
    static func words(_ state: SyncState) -> (state: String, why: String?) {
        switch state {
        case .stopped: ("stopped", nil)
        case .offline: ("offline", "the hub cannot be reached")
        case .connecting: ("connecting", nil)
        case .connected: ("connected", nil)
        case .syncing(let done, let total): ("syncing \(done)/\(total)", nil)
        case .error(.quotaExceeded): ("error quota-exceeded", "the workspace at the hub is full")
        case .error(let code): ("error \(code.rawValue)", nil)
        case .blocked(.fork(let device)): ("blocked", "fork of \(device)")
        case .blocked(.rejected(let dot, let code)): ("blocked", "the hub does not take \(dot): \(code.rawValue)")
        case .blocked(.refusedHere(let dot)): ("blocked", "\(dot) is refused here")
        case .blocked(.revoked): ("blocked", "this device was revoked")
        case .blocked(.notEnrolled(let code)): ("blocked", "the hub does not know this device: \(code.rawValue)")
        }
    }
}
