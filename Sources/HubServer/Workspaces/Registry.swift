internal import EventCore

/// Who may come into a workspace: devices and invitations. A value; `RegistryFile` keeps it.
struct Registry: Hashable, Sendable {
    struct Device: Hashable, Sendable {
        let id: DeviceID
        var name: String
        /// An Ed25519 public key, 32 bytes.
        let key: [UInt8]
        let role: DeviceRole
        /// The end of the log when it enrolled.
        let enrolledAt: UInt64
        /// The end of the log when it was revoked.
        var revokedAt: UInt64?
    }

    struct Invitation: Hashable, Sendable {
        /// SHA-256 of the code, which nobody keeps.
        let codeHash: [UInt8]
        let role: DeviceRole
        /// Milliseconds since 1970.
        let expires: UInt64
        /// Who used it; it may ask again, should the answer have been lost.
        var usedBy: DeviceID?
    }

    /// In the order of their enrolment.
    private(set) var devices: [Device] = []
    private(set) var invitations: [Invitation] = []

    init(devices: [Device] = [], invitations: [Invitation] = []) {
        self.devices = devices
        self.invitations = invitations
    }

    subscript(device: DeviceID) -> Device? { devices.first { $0.id == device } }

    /// Adds an invitation; those that have expired go.
    mutating func invite(_ invitation: Invitation, at now: UInt64) {
        invitations.removeAll { $0.expires <= now }
        invitations.append(invitation)
    }

    /// Enrols a device with a code.
    ///
    /// - Returns: the device as it is enrolled now. Asking again with the same code and key changes nothing.
    mutating func enrol(
        _ id: DeviceID, name: String, key: [UInt8], codeHash: [UInt8], at now: UInt64, head: UInt64
    ) throws(Problem) -> Device {
        guard let index = invitations.firstIndex(where: { $0.codeHash == codeHash && $0.expires > now }) else { throw .badCode }
        let invitation = invitations[index]
        guard invitation.usedBy == nil || invitation.usedBy == id else { throw .badCode }
        if let known = self[id] {
            if known.revokedAt != nil { throw .revoked }
            guard known.key == key else { throw Problem(409, "enrolled", "this device is enrolled with another key") }
            invitations[index].usedBy = id
            return known
        }
        let device = Device(id: id, name: name, key: key, role: invitation.role, enrolledAt: head)
        invitations[index].usedBy = id
        devices.append(device)
        return device
    }

    /// Revokes a device at a log position; that it was revoked before changes nothing.
    mutating func revoke(_ id: DeviceID, at head: UInt64) throws(Problem) {
        guard let index = devices.firstIndex(where: { $0.id == id }) else { throw .noSuchDevice }
        if devices[index].revokedAt == nil { devices[index].revokedAt = head }
    }
}
