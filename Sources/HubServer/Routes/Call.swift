internal import EventCore

/// A request to a route, read and let in.
struct Call: Sendable {
    let hub: Hub
    /// nil at routes for anyone.
    let caller: Caller?
    let parameters: [String: Substring]
    let query: [String: String]
    let body: [UInt8]
    let mediaType: String?
    let accept: String?

    /// The device that the path names.
    func device() throws(Problem) -> DeviceID {
        guard let device = parameters["id"].flatMap({ DeviceID($0) }) else { throw .noSuchDevice }
        return device
    }

    /// Who asks; the table lets nobody else in.
    func known() throws(Problem) -> Caller {
        guard let caller else { throw .noToken }
        return caller
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid("“\(name)” wants a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Whether the caller prefers blocks to JSON.
    func wants(_ mediaType: String) -> Bool { accept?.contains(mediaType) ?? false }
}
