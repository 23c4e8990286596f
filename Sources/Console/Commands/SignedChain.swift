internal import EventCore
internal import HubServer
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// What a device's signature says of the events that a store has of it.
struct SignedChain {
    /// The signed event's.
    let seq: UInt64
    let verdict: SignatureVerdict

    /// Up to which event the device has signed what is here; nil where it has not, or that is not here.
    var signedThrough: UInt64? { verdict == .right ? seq : nil }

    /// Whether somebody changed the events, or the signature.
    var isWrong: Bool { verdict == .otherEvents || verdict == .wrongSignature }

    /// A sentence for each that is wrong.
    static func problems(_ chains: [DeviceID: SignedChain]) -> [String] {
        chains.sorted { $0.key < $1.key }.compactMap { device, chain in
            switch chain.verdict {
            case .right, .notHere: nil
            case .otherEvents:
                "the events of \(device) up to \(chain.seq) are not those that it signed: they were changed after it wrote them"
            case .wrongSignature: "what is kept as the signature of \(device) is not of its key"
            }
        }
    }
}

extension DeviceSignatures {
    /// Those that a store has heard of, or that a hub keeps; nil where nothing is known of any.
    static func known(in folder: String) throws -> DeviceSignatures? {
        try WorkspaceSignatures.read(in: folder) ?? SyncFolder(ofStore: folder).signatures()
    }

    /// By device; nothing where the events were not hashed.
    func verdicts(on found: StoreVerification) -> [DeviceID: SignedChain] {
        guard found.chains != nil else { return [:] }
        let hashes = Dictionary(uniqueKeysWithValues: found.markedChains.map { ($0.dot, $0.hash) })
        let verdicts = all.map { signature in
            let verdict = verdict(on: signature, hashes[signature.head.dot], by: StandardCryptography.self)
            return (signature.device, SignedChain(seq: signature.head.dot.seq, verdict: verdict))
        }
        return Dictionary(uniqueKeysWithValues: verdicts)
    }
}
