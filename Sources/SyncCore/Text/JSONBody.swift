package import EventCore

/// Why a request's body is none that is wanted.
package enum MalformedBody: Error, Hashable, Sendable {
    case json(JSONError)
    /// What it wants, as a sentence.
    case wants(String)
}

/// A small JSON object that a request carries.
package struct JSONBody {
    private let object: JSONValue

    package init(_ body: [UInt8]) throws(MalformedBody) {
        do throws(JSONError) { object = try JSONValue(json: body) } catch { throw .json(error) }
        guard object.members != nil else { throw .wants("the body wants a JSON object") }
    }

    package func text(_ key: String) throws(MalformedBody) -> String {
        guard let text = object[key]?.text else { throw .wants("“\(key)” wants a string") }
        return text
    }

    package func optionalText(_ key: String) throws(MalformedBody) -> String? { object[key] == nil ? nil : try text(key) }

    package func bytes(_ key: String, count: Int) throws(MalformedBody) -> [UInt8] {
        guard let bytes = object[key]?.bytes, bytes.count == count else {
            throw .wants("“\(key)” wants \(2 * count) lower-case hexadecimal digits")
        }
        return bytes
    }

    package func device(_ key: String) throws(MalformedBody) -> DeviceID {
        guard let device = DeviceID(try text(key)) else { throw .wants("“\(key)” wants a device's id, a lower-case UUID") }
        return device
    }

    /// The chain of a device; the empty one where nothing is said.
    package func chain(_ key: String, of device: DeviceID) throws(MalformedBody) -> ChainHead {
        guard let value = object[key] else { return ChainHead(emptyChainOf: device) }
        guard let seq = value["seq"]?.integer, let hash = value["hash"]?.bytes.flatMap({ Hash256($0) }) else {
            throw .wants("“\(key)” wants “seq” and “hash”")
        }
        return ChainHead(dot: Dot(device: device, seq: seq), hash: hash)
    }
}
