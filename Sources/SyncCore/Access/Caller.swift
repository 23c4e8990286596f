/// Who asks, as far as it decides about what is allowed.
package enum Caller: Hashable, Sendable {
    /// No token; for `challenge` and `openSession` a device that is not enrolled here.
    case nobody
    case unknownToken
    case expiredToken
    case revoked(Role)
    case device(Role, epoch: EpochClaim, isRegistered: Bool)
    /// Somebody at the hub's own machine.
    case local
}

/// What a call says about the lease that it is made under.
package enum EpochClaim: Hashable, Sendable, CaseIterable {
    /// It names none.
    case none
    /// The newest one that was granted, and to this device.
    case newest
    /// One that was granted to this device, before the newest.
    case lower
    /// One that this device never had.
    case neverGranted
}
