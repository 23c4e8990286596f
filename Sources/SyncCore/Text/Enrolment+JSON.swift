internal import EventCore

/// `POST /devices`: what a device says of itself when it enrols.
extension Enrolment {
    package init(_ body: JSONBody) throws(MalformedBody) {
        let code = Secret(code: try body.text("code"))
        let name = try body.text("name")
        guard DeviceName.isOne(name) else { throw .wants("“name”: \(DeviceName.rule)") }
        let device = try body.device("device")
        let formerly = try body.optionalText("formerly") == nil ? nil : try body.device("formerly")
        self.init(
            device: device, code: code, name: name, publicKey: try body.bytes("key", count: 32), chain: try body.chain("chain", of: device),
            formerly: formerly)
    }

    /// An object; a code is written as it counts.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("device")
        writer.device(device)
        writer.key("code")
        writer.string(code.bytes)
        writer.key("name")
        writer.string(name)
        writer.key("key")
        writer.string(Hexadecimal.text(publicKey))
        if let formerly {
            writer.key("formerly")
            writer.device(formerly)
        }
        writer.key("chain")
        writer.beginObject()
        writer.members(of: chain)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension Secret {
    /// A one-time code as somebody typed it: without hyphens and spaces, in capitals.
    package init(code: String) {
        self.init(
            bytes: code.utf8.filter { $0 != UInt8(ascii: "-") && $0 != 0x20 }.map {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 ? $0 - 32 : $0
            })
    }
}

/// `POST /devices/{id}/session`: a nonce, signed.
package struct SignIn: Hashable, Sendable {
    package let nonce: Secret
    /// Ed25519, 64 bytes.
    package let signature: [UInt8]

    package init(_ body: JSONBody) throws(MalformedBody) {
        nonce = Secret(bytes: try body.bytes("nonce", count: 32))
        signature = try body.bytes("signature", count: 64)
    }
}
