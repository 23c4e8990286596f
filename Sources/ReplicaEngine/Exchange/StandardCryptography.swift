internal import Crypto
package import EventCore
internal import SyncCore

/// SHA-256 and Ed25519.
package enum StandardCryptography: Cryptography {
    package static func sha256(_ bytes: [UInt8]) -> Hash256 {
        guard let hash = Hash256(Array(SHA256.hash(data: bytes))) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return hash
    }

    package static func isSignature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey))?.isValidSignature(signature, for: message) ?? false
    }
}
