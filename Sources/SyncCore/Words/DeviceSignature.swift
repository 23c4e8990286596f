package import EventCore

/// What a device has signed of its own chain, with the key that it enrolled with.
package struct DeviceSignature: Hashable, Sendable {
    package let head: ChainHead
    /// Ed25519, 64 bytes.
    package let signature: [UInt8]
    /// Ed25519, 32 bytes.
    package let publicKey: [UInt8]

    package init(head: ChainHead, signature: [UInt8], publicKey: [UInt8]) {
        self.head = head
        self.signature = signature
        self.publicKey = publicKey
    }

    package var device: DeviceID { head.dot.device }

    /// Whether it is the key's signature of this chain in this workspace.
    package func isRight<Crypto: Cryptography>(in workspace: WorkspaceID, by: Crypto.Type) -> Bool {
        Crypto.isSignature(signature, of: head.signedBytes(workspace: workspace.bytes), by: publicKey)
    }
}

/// What the devices of a workspace have signed, each its newest.
package struct DeviceSignatures: Hashable, Sendable {
    package let workspace: WorkspaceID
    /// Sorted by device, each once.
    package private(set) var all: [DeviceSignature]

    package init(workspace: WorkspaceID, _ all: [DeviceSignature] = []) {
        self.workspace = workspace
        self.all = all.sorted { $0.device < $1.device }
    }

    /// Takes over those that are right, speak of events that are `known`, and of more than is kept; what else comes changes nothing.
    package mutating func hear<Crypto: Cryptography>(_ heard: [DeviceSignature], known: VersionVector, by: Crypto.Type) {
        var byDevice = Dictionary(all.map { ($0.device, $0) }) { $1 }
        for signature in heard where known.covers(signature.head.dot) && byDevice[signature.device] != signature {
            guard signature.isRight(in: workspace, by: Crypto.self) else { continue }
            // A hub that was put back says less than it said before; what was changed here says nothing.
            if let kept = byDevice[signature.device], kept.head.dot.seq >= signature.head.dot.seq,
                kept.isRight(in: workspace, by: Crypto.self)
            {
                continue
            }
            byDevice[signature.device] = signature
        }
        all = byDevice.values.sorted { $0.device < $1.device }
    }

    /// What a signature says of a store whose chain of the device stands at `hash` there; nil where the store has less of the device's events.
    package func verdict<Crypto: Cryptography>(
        on signature: DeviceSignature, _ hash: Hash256?, by: Crypto.Type
    ) -> SignatureVerdict {
        guard signature.isRight(in: workspace, by: Crypto.self) else { return .wrongSignature }
        guard let hash else { return .notHere }
        return hash == signature.head.hash ? .right : .otherEvents
    }
}

/// What a device's signature says of the events that a store has of it.
package enum SignatureVerdict: Hashable, Sendable {
    /// The device wrote these events, up to the signed one.
    case right
    /// The store has less of the device's events than it signed.
    case notHere
    /// The device signed other events than these.
    case otherEvents
    /// The signature is not of the device's key.
    case wrongSignature
}
