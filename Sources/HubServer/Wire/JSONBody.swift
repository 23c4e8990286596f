internal import EventCore
internal import SyncCore

/// A small JSON object that a request carries.
struct JSONBody {
    private let object: JSONValue

    init(_ body: [UInt8]) throws(ProblemDocument) {
        do throws(JSONError) { object = try JSONValue(json: body) } catch { throw .malformed(error) }
        guard object.members != nil else { throw .malformed("the body wants a JSON object") }
    }

    func text(_ key: String) throws(ProblemDocument) -> String {
        guard let text = object[key]?.text else { throw .malformed("“\(key)” wants a string") }
        return text
    }

    func optionalText(_ key: String) throws(ProblemDocument) -> String? { object[key] == nil ? nil : try text(key) }

    func bytes(_ key: String, count: Int) throws(ProblemDocument) -> [UInt8] {
        guard let bytes = object[key]?.bytes, bytes.count == count else {
            throw .malformed("“\(key)” wants \(2 * count) lower-case hexadecimal digits")
        }
        return bytes
    }

    func device(_ key: String) throws(ProblemDocument) -> DeviceID {
        guard let device = DeviceID(try text(key)) else { throw .malformed("“\(key)” wants a device's id, a lower-case UUID") }
        return device
    }

    /// The chain of a device; the empty one where nothing is said.
    func chain(_ key: String, of device: DeviceID) throws(ProblemDocument) -> ChainHead {
        guard let value = object[key] else { return ChainHead(emptyChainOf: device) }
        guard let seq = value["seq"]?.integer, let hash = value["hash"]?.bytes.flatMap({ Hash256($0) }) else {
            throw .malformed("“\(key)” wants “seq” and “hash”")
        }
        return ChainHead(dot: Dot(device: device, seq: seq), hash: hash)
    }
}

extension SignedHead {
    /// nil for what is no chain.
    init?(json object: JSONValue) {
        guard let device = object["device"]?.text.flatMap({ DeviceID($0) }), let seq = object["seq"]?.integer,
            let hash = object["hash"]?.bytes.flatMap({ Hash256($0) })
        else { return nil }
        let signature = object["signature"]
        if let signature, signature.bytes?.count != 64 { return nil }
        self.init(head: ChainHead(dot: Dot(device: device, seq: seq), hash: hash), signature: signature?.bytes)
    }
}
