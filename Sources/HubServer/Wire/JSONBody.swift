internal import EventCore

/// A small JSON object that a request carries.
struct JSONBody {
    private let object: JSONValue

    init(_ body: [UInt8]) throws(Problem) {
        do throws(JSONError) { object = try JSONValue(json: body) } catch { throw .malformed(error) }
        guard object.members != nil else { throw .invalid("the body wants a JSON object") }
    }

    func text(_ key: String) throws(Problem) -> String {
        guard let text = object[key]?.text else { throw .invalid("“\(key)” wants a string") }
        return text
    }

    func optionalText(_ key: String) throws(Problem) -> String? { object[key] == nil ? nil : try text(key) }

    func bytes(_ key: String, count: Int) throws(Problem) -> [UInt8] {
        guard let bytes = object[key]?.bytes, bytes.count == count else {
            throw .invalid("“\(key)” wants \(2 * count) lower-case hexadecimal digits")
        }
        return bytes
    }

    func device(_ key: String) throws(Problem) -> DeviceID {
        guard let device = DeviceID(try text(key)) else { throw .invalid("“\(key)” wants a device's id, a lower-case UUID") }
        return device
    }
}
