package import EventCore

/// How a device stands to the hub, as a person is shown it.
package enum SyncState: Hashable, Sendable {
    /// Nobody asked it to sync.
    case stopped
    /// Milliseconds since 1970; nil when it has never been connected.
    case offline(sinceWall: UInt64?)
    case connecting
    /// Everything is there and here.
    case connected
    /// Events done of those that were to do when this began, both ways.
    case syncing(done: UInt64, total: UInt64)
    /// The hub answered, with this; it is tried again.
    case error(ProblemCode)
    /// It does not go on by itself.
    case blocked(BlockReason)
}

/// What a person has to mend.
package enum BlockReason: Hashable, Sendable {
    /// Others hold other events under this store's identity.
    case fork(DeviceID)
    /// The hub rejected this event of ours; everything else goes on.
    case rejected(Dot, ProblemCode)
    /// The store refused an event that the hub passed on; it lies aside, everything else goes on.
    case refusedHere(Dot)
    /// The hub does not let this device in any more.
    case revoked
    /// The hub does not know this device, or not its key.
    case notEnrolled(ProblemCode)
}

/// What is odd, and does not stop anything.
package enum SyncWarning: Hashable, Sendable {
    /// The hub's clock is so far ahead of ours (negative: behind).
    case clockSkew(milliseconds: Int64)
    /// The hub had gone back behind what was seen: everything is compared anew.
    case hubRolledBack
    /// Somebody else's chain here is not the hub's.
    case foreignFork(DeviceID)
    /// The hub has events under our identity that are not here, up to this seq: the store was restored or copied.
    case writtenElsewhere(UInt64)
}

/// What a person can do, as a word that never changes; texts are made elsewhere.
package enum Advice: String, Hashable, Sendable, CaseIterable {
    case nothing
    /// It goes on by itself.
    case wait
    /// Begin to sync.
    case startSync = "start-sync"
    /// Look after the network, the hub's address, or the hub.
    case checkNetwork = "check-network"
    /// Slow down or wait: the hub has limits.
    case slowDown = "slow-down"
    /// Have whoever runs the hub make room.
    case makeRoom = "make-room"
    /// Get a new one-time code and join.
    case rejoin
    /// Mend the fork: write on under a new identity.
    case mendFork = "mend-fork"
    /// Mend it, leaving the event out.
    case mendRejected = "mend-rejected"
    /// Ask whoever runs the hub.
    case askOperator = "ask-operator"
    /// Update one of the programs.
    case upgrade
    /// Set a clock.
    case setClock = "set-clock"
}

extension Advice {
    /// The one thing to do in a state.
    package init(for state: SyncState) {
        self =
            switch state {
            case .stopped: .startSync
            case .offline: .checkNetwork
            case .connecting, .syncing: .wait
            case .connected: .nothing
            case .error(let code): Advice(for: code)
            case .blocked(.fork): .mendFork
            case .blocked(.rejected): .mendRejected
            case .blocked(.refusedHere): .upgrade
            case .blocked(.revoked): .askOperator
            case .blocked(.notEnrolled): .rejoin
            }
    }

    /// What to do about a warning.
    package init(for warning: SyncWarning) {
        self =
            switch warning {
            case .clockSkew: .setClock
            case .hubRolledBack, .foreignFork: .askOperator
            case .writtenElsewhere: .mendFork
            }
    }

    /// What to do when a hub answers with a problem.
    package init(for code: ProblemCode) {
        self =
            switch code {
            case .tokenMissing, .tokenExpired, .gap, .cursorUnrecoverable, .heartbeatMissed, .notRegistered, .epochStale,
                .challengeInvalid:
                .wait
            case .unavailable, .superseded: .askOperator
            case .rateLimited, .slowReader: .slowDown
            case .slowBody: .checkNetwork
            case .quotaExceeded: .makeRoom
            case .tokenUnknown, .codeInvalid, .codeExpired, .codeSpent, .notFound: .rejoin
            case .notAllowed, .revoked, .notMaster: .askOperator
            case .fork, .deviceTaken: .mendFork
            case .chainBroken, .signatureInvalid, .contextUnclosed, .epochNeverGranted, .leaseMissing, .eventTooLarge, .eventMalformed:
                .mendRejected
            case .malformed, .tooLarge, .tooManyEvents: .upgrade
            }
    }
}

/// All that `status` shows of a session.
package struct SyncStatus: Hashable, Sendable {
    package var state: SyncState
    package var warnings: [SyncWarning]
    /// What the device does now; `master` only while it holds the lease.
    package var role: Role
    /// Of its lease; 0 without one.
    package var epoch: UInt64
    /// The address that is used, of those that were given.
    package var hub: Int
    /// When everything was last there and here.
    package var lastSyncWall: UInt64?
    /// The device's last event that the hub has acknowledged.
    package var acknowledged: UInt64
    /// Own events behind it.
    package var pending: UInt64
    /// Own critical events that some device has not ended.
    package var unacknowledgedCritical: Int
    /// The hub's events, as far as it said.
    package var head: Position?
    /// Events, own ones included, that are here and not at the hub, and that a reader may not give it; known while everything is pulled.
    package var withheld: UInt64 = 0

    /// Whether what is written here goes up at the moment.
    package var isUp: Bool {
        switch state {
        case .connected, .syncing: true
        default: false
        }
    }

    /// What a person can do about the state.
    package var advice: Advice { Advice(for: state) }
}
