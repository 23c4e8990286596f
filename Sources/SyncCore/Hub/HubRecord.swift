package import EventCore

/// What a hub keeps besides the log, one change at a time. The shell appends them to a journal; those of one `store` are all there after an interruption, or none.
package enum HubRecord: Hashable, Sendable {
    /// The hash of a one-time code. Wall times are milliseconds since 1970.
    case codeIssued(Hash256, Role, expiresAt: UInt64)
    /// A device came with a code, which is worth nothing any more.
    case codeSpent(Hash256, by: DeviceID)
    /// A device as it is from now on.
    case enrolled(EnrolledDevice)
    case revoked(DeviceID, at: Position)
    /// The hash of a token.
    case tokenIssued(Hash256, DeviceID, expiresAt: UInt64)
    /// The next epoch; epochs begin with 1.
    case epochGranted(to: DeviceID)
    /// So many next epochs may have been granted before the hub was put back to an older copy; so many of the newest may have been granted to others, too.
    case epochsForgotten(count: UInt64, doubted: UInt64 = 0)
    /// A critical event was accepted; these devices must get it.
    case critical(CriticalEvent, recipients: [DeviceID])
    /// A device ended the delivery.
    case ended(DeliveryID, DeviceID)
    /// All have ended it and its writer knows.
    case criticalClosed(DeliveryID)
    /// A device's newest signature.
    case signedHead(SignedHead)
    /// Events that came from another device, without a signature of their own.
    case vouched(DeviceRun, by: DeviceID)
    /// The critical events before this position are noted here.
    case noted(Position)
}

/// A device of the registry. Revoked ones stay in it.
package struct EnrolledDevice: Hashable, Sendable {
    package var id: DeviceID
    package var name: String
    package var role: Role
    /// Ed25519, 32 bytes.
    package var publicKey: [UInt8]
    /// The head at that moment: the device must get critical events from there on.
    package var enrolledAt: Position
    /// The device's last event before it joined; nil where a journal of an earlier version does not say it. Policies behind it want a lease.
    package var seqAtEnrolment: UInt64?
    package var revokedAt: Position?
    /// The id that it wrote under before a fork was mended.
    package var formerly: DeviceID?

    package init(
        id: DeviceID, name: String, role: Role, publicKey: [UInt8], enrolledAt: Position, seqAtEnrolment: UInt64? = nil,
        revokedAt: Position? = nil, formerly: DeviceID? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.publicKey = publicKey
        self.enrolledAt = enrolledAt
        self.seqAtEnrolment = seqAtEnrolment
        self.revokedAt = revokedAt
        self.formerly = formerly
    }
}
