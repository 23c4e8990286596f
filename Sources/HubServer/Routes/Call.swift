internal import EventCore
internal import SyncCore

/// A request to a route, read.
struct Call: Sendable {
    let hub: Hub
    let traffic: Traffic
    /// Whose token came with it; nil at routes for anyone.
    let asker: (workspace: Workspace, token: Secret)?
    let parameters: [String: Substring]
    let query: [String: String]
    let body: [UInt8]
    let mediaType: String?
    let accept: String?

    /// The workspace and the secret of the token; who that is and what it may, the core decides.
    func known() throws(ProblemDocument) -> (workspace: Workspace, token: Secret) {
        guard let asker else { throw ProblemDocument(.tokenMissing) }
        return asker
    }

    /// What the body, a JSON object, says.
    func read<Value>(_ read: (JSONBody) throws(MalformedBody) -> Value) throws(ProblemDocument) -> Value {
        do throws(MalformedBody) { return try read(try JSONBody(body)) } catch {
            switch error {
            case .json(let error): throw .malformed(error)
            case .wants(let sentence): throw .malformed(sentence)
            }
        }
    }

    /// The device that the path names.
    func device() throws(ProblemDocument) -> DeviceID {
        guard let device = parameters["id"].flatMap({ DeviceID($0) }) else { throw ProblemDocument(.notFound) }
        return device
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(ProblemDocument) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .malformed("“\(name)” wants a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Whether the caller prefers blocks to JSON.
    func wants(_ mediaType: String) -> Bool { accept?.contains(mediaType) ?? false }
}
