package import EventCore

/// What a device signed: the members `key` and `signed`, `{"seq":…,"hash":…,"signature":…}`, of the object that names the device.
extension DeviceSignature {
    /// The members, into an object that has begun.
    package func write(to writer: inout JSONWriter) {
        writer.key("key")
        writer.string(Hexadecimal.text(publicKey))
        writer.key("signed")
        writer.beginObject()
        writer.members(of: head)
        writer.key("signature")
        writer.string(Hexadecimal.text(signature))
        writer.endObject()
    }

    /// nil where the object says nothing of the kind.
    package init?(json object: JSONValue) {
        guard let device = object["device"]?.text.flatMap({ DeviceID($0) }), let key = object["key"]?.bytes, key.count == 32,
            let signed = object["signed"], let seq = signed["seq"]?.integer, let hash = signed["hash"]?.bytes.flatMap({ Hash256($0) }),
            let signature = signed["signature"]?.bytes, signature.count == 64
        else { return nil }
        self.init(head: ChainHead(dot: Dot(device: device, seq: seq), hash: hash), signature: signature, publicKey: key)
    }
}

/// The text that a store keeps them in: the workspace, then a line a device.
extension DeviceSignatures {
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("workspaceId")
        writer.string(Hexadecimal.text(workspace.bytes))
        writer.endObject()
        writer.endLine()
        for signature in all {
            writer.beginObject()
            writer.key("device")
            writer.device(signature.device)
            signature.write(to: &writer)
            writer.endObject()
            writer.endLine()
        }
        return writer.bytes
    }

    /// nil for what is no such text.
    package init?(json text: [UInt8]) {
        let lines = text.split(separator: 0x0A)
        guard let first = lines.first, let workspace = (try? JSONValue(json: Array(first)))?["workspaceId"]?.bytes, workspace.count == 16
        else { return nil }
        let all = lines.dropFirst().compactMap { line in (try? JSONValue(json: Array(line))).flatMap { DeviceSignature(json: $0) } }
        guard all.count == lines.count - 1, Set(all.map(\.device)).count == all.count else { return nil }
        self.init(workspace: WorkspaceID(bytes: workspace), all)
    }
}
