import Crypto
import EventCore
import SyncCore

/// Hashes are real. Whoever knows a key may sign with it here: enough to tell right signatures from wrong ones.
enum TestCryptography: Cryptography {
    static func sha256(_ bytes: [UInt8]) -> Hash256 { Hash256(Array(SHA256.hash(data: bytes))) ?? .zero }

    static func sign(_ message: [UInt8], with key: [UInt8]) -> [UInt8] { sha256(key + message).bytes }

    static func isSignature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        signature == sign(message, with: publicKey)
    }

    /// h(n) of each event, given a device's events from the first on.
    static func chain(of device: DeviceID, _ events: [Event]) -> [ChainHead] {
        var heads = [ChainHead(emptyChainOf: device)]
        for event in events {
            heads.append(ChainHead(dot: event.dot, hash: sha256(heads[heads.count - 1].linkPrefix + event.canonicalJSON)))
        }
        return heads
    }
}
