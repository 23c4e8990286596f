package import EventCore

/// Chains as pushes carry them.
extension SignedHead {
    /// nil for what is no chain.
    package init?(json object: JSONValue) {
        guard let device = object["device"]?.text.flatMap({ DeviceID($0) }), let seq = object["seq"]?.integer,
            let hash = object["hash"]?.bytes.flatMap({ Hash256($0) })
        else { return nil }
        let signature = object["signature"]
        if let signature, signature.bytes?.count != 64 { return nil }
        self.init(head: ChainHead(dot: Dot(device: device, seq: seq), hash: hash), signature: signature?.bytes)
    }
}
