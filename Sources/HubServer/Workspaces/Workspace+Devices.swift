internal import Crypto
internal import EventCore
internal import ReplicaEngine

/// A device that asks, and what it may.
struct Caller: Sendable {
    let workspace: Workspace
    let device: Registry.Device
    /// When its token expires: milliseconds since 1970.
    let expires: UInt64
}

/// A device's way in.
struct Grant: Sendable {
    let device: Registry.Device
    let token: String
    let expires: UInt64
    let workspace: String
    let log: String
    let head: UInt64
}

/// Enrolment, sessions, revocation.
extension Workspace {
    /// Makes a one-time code.
    func invite(role: DeviceRole, lifeMilliseconds: UInt64) throws(Problem) -> (code: String, expires: UInt64) {
        let code = Secrets.newCode()
        let expires = now + lifeMilliseconds
        try change { (registry) throws(Problem) in
            registry.invite(Registry.Invitation(codeHash: Secrets.hash(code: code), role: role, expires: expires), at: now)
        }
        return (code, expires)
    }

    func enrol(_ id: DeviceID, name: String, key: [UInt8], code: String) throws(Problem) -> Grant {
        guard (try? Curve25519.Signing.PublicKey(rawRepresentation: key)) != nil else {
            throw .invalid("“key” wants an Ed25519 public key, 64 hexadecimal digits")
        }
        let device: Registry.Device
        do throws(Problem) {
            device = try change { (registry) throws(Problem) in
                try registry.enrol(id, name: name, key: key, codeHash: Secrets.hash(code: code), at: now, head: head)
            }
        } catch {
            try noteFailure()
            throw error
        }
        return grant(device)
    }

    /// Whether a code of this workspace may be used: how the hub finds the workspace of a code.
    func knows(code: String) -> Bool {
        let hash = Secrets.hash(code: code)
        return registry.invitations.contains { $0.codeHash == hash }
    }

    func challenge(_ id: DeviceID) throws(Problem) -> (nonce: [UInt8], expires: UInt64) {
        guard let device = registry[id] else { throw .noSuchDevice }
        guard device.revokedAt == nil else { throw .revoked }
        return (try sessions.challenge(id, at: now), now + HubLimits.nonceLife)
    }

    func openSession(_ id: DeviceID, nonce: [UInt8], signature: [UInt8]) throws(Problem) -> Grant {
        guard let device = registry[id] else { throw .noSuchDevice }
        guard device.revokedAt == nil else { throw .revoked }
        let isFresh = sessions.use(nonce: nonce, by: id, at: now)
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: device.key)
        guard isFresh, key?.isValidSignature(signature, for: SessionProof.message(device: id, nonce: nonce)) == true else {
            try noteFailure()
            throw Problem(401, "bad-signature", "the nonce was used, has expired, or is not signed with the device's key")
        }
        return grant(device)
    }

    /// Who a token belongs to.
    func caller(token: [UInt8]) throws(Problem) -> Caller {
        guard let session = sessions.device(ofToken: token, at: now) else { throw .badToken }
        guard let device = registry[session.device] else { throw .badToken }
        guard device.revokedAt == nil else { throw .revoked }
        seen[device.id] = (now, seen[device.id]?.position)
        return Caller(workspace: self, device: device, expires: session.expires)
    }

    func revoke(_ id: DeviceID, by caller: DeviceID) throws(Problem) -> UInt64 {
        guard registry[caller]?.role == .master else { throw .notMaster }
        try change { (registry) throws(Problem) in try registry.revoke(id, at: head) }
        return registry[id]?.revokedAt ?? head
    }

    private func grant(_ device: Registry.Device) -> Grant {
        let (token, expires) = sessions.open(for: device.id, at: now)
        seen[device.id] = (now, seen[device.id]?.position)
        return Grant(
            device: device, token: "\(name).\(Hexadecimal.text(token))", expires: expires, workspace: name, log: store.logID.description,
            head: head)
    }
}
