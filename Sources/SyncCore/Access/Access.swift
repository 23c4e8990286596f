/// Who may do what: the one place that decides it.
package enum Access {
    /// nil when it is allowed; else why not.
    package static func problem(with action: Action, by caller: Caller) -> ProblemCode? {
        switch action {
        case .health, .metrics, .describe, .enrol: nil
        case .challenge, .openSession: problemWithSigningIn(by: caller)
        case .invite, .revokeLocally: caller == .local ? nil : .notAllowed
        case .listDevices, .pull, .status, .snapshot, .openSocket, .register:
            problemWithDevice(caller) { _, _, _ in nil }
        case .push:
            problemWithDevice(caller) { role, _, _ in role.pushes ? nil : .notAllowed }
        case .acknowledge, .heartbeat:
            problemWithDevice(caller) { _, _, isRegistered in isRegistered ? nil : .notRegistered }
        case .revoke:
            problemWithDevice(caller) { role, epoch, _ in role == .master ? problemWithFence(epoch) : .notAllowed }
        }
    }

    private static func problemWithSigningIn(by caller: Caller) -> ProblemCode? {
        switch caller {
        case .device: nil
        case .revoked: .revoked
        case .nobody, .unknownToken, .expiredToken, .local: .notFound
        }
    }

    private static func problemWithDevice(_ caller: Caller, _ rule: (Role, EpochClaim, Bool) -> ProblemCode?) -> ProblemCode? {
        switch caller {
        case .nobody: .tokenMissing
        case .unknownToken: .tokenUnknown
        case .expiredToken: .tokenExpired
        case .revoked: .revoked
        case .device(let role, let epoch, let isRegistered): rule(role, epoch, isRegistered)
        case .local: .notAllowed
        }
    }

    /// The check is here, at the log, and not at the holder, who may believe in a lease that has run out.
    private static func problemWithFence(_ epoch: EpochClaim) -> ProblemCode? {
        switch epoch {
        case .newest: nil
        case .none: .notMaster
        case .lower: .epochStale
        case .neverGranted: .epochNeverGranted
        }
    }
}
