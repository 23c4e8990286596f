internal import SyncCore
internal import Synchronization

/// What a socket was accepted as, from the question to the upgrade.
final class Knock: Sendable {
    private let state = Mutex<(Workspace, ConnectionID)?>(nil)

    var accepted: (Workspace, ConnectionID)? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
