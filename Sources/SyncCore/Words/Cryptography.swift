package import EventCore

/// Hashes and signatures, which this room has no means to make.
package protocol Cryptography: Sendable {
    static func sha256(_ bytes: [UInt8]) -> Hash256

    /// Whether an Ed25519 signature of the message is right; false for a key or a signature that is none.
    static func isSignature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool
}

/// 32 bytes that nobody can guess: a nonce, a token, a one-time code. The hub keeps its hash only.
package struct Secret: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

extension Secret: CustomStringConvertible {
    /// Nothing of it, so that no log and no message has it.
    package var description: String { "(secret)" }
}

/// A chain's head and the device's signature of it; nil where somebody else hands it on without one.
package struct SignedHead: Hashable, Sendable {
    package let head: ChainHead
    package let signature: [UInt8]?

    package init(head: ChainHead, signature: [UInt8]?) {
        self.head = head
        self.signature = signature
    }
}
