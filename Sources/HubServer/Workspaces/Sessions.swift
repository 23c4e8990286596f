internal import EventCore

/// Who is logged in: tokens and nonces, in memory only. After a restart a device proves its key again.
struct Sessions {
    private struct Grant {
        let device: DeviceID
        let expires: UInt64
    }

    /// By the hash of the token, which is not kept.
    private var tokens: [[UInt8]: Grant] = [:]
    private var nonces: [[UInt8]: Grant] = [:]
    private static let limit = 10_000

    /// A new token, 32 bytes, and when it expires.
    mutating func open(for device: DeviceID, at now: UInt64) -> (token: [UInt8], expires: UInt64) {
        forgetExpired(at: now)
        let token = Secrets.random(32)
        let expires = now + HubLimits.tokenLife
        tokens[Secrets.hash(token)] = Grant(device: device, expires: expires)
        return (token, expires)
    }

    func device(ofToken token: [UInt8], at now: UInt64) -> (device: DeviceID, expires: UInt64)? {
        guard let grant = tokens[Secrets.hash(token)], grant.expires > now else { return nil }
        return (grant.device, grant.expires)
    }

    /// A new nonce, 32 bytes.
    mutating func challenge(_ device: DeviceID, at now: UInt64) throws(Problem) -> [UInt8] {
        forgetExpired(at: now)
        guard nonces.count < Self.limit else { throw .tooMany(retryAfterMilliseconds: 1000) }
        let nonce = Secrets.random(32)
        nonces[nonce] = Grant(device: device, expires: now + HubLimits.nonceLife)
        return nonce
    }

    /// Whether the nonce was given to the device and is fresh. It is used up by it.
    mutating func use(nonce: [UInt8], by device: DeviceID, at now: UInt64) -> Bool {
        guard let grant = nonces.removeValue(forKey: nonce) else { return false }
        return grant.device == device && grant.expires > now
    }

    mutating func close(_ device: DeviceID) {
        tokens = tokens.filter { $0.value.device != device }
        nonces = nonces.filter { $0.value.device != device }
    }

    private mutating func forgetExpired(at now: UInt64) {
        guard tokens.count + nonces.count > 256 else { return }
        tokens = tokens.filter { $0.value.expires > now }
        nonces = nonces.filter { $0.value.expires > now }
    }
}
