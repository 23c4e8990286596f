internal import EventCore
internal import ReplicaEngine
internal import SyncCore

/// Signatures that are the same in each run, which real ones are not, and cheap: who has the public key can sign.
enum WorldCryptography: Cryptography {
    static func sha256(_ bytes: [UInt8]) -> Hash256 { StandardCryptography.sha256(bytes) }

    static func signature(of message: [UInt8], with key: [UInt8]) -> [UInt8] { sha256(key + message).bytes }

    static func isSignature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        signature == self.signature(of: message, with: publicKey)
    }
}
