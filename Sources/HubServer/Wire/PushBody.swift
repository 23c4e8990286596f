internal import EventCore
internal import ReplicaEngine
internal import SyncCore

/// The body of a push, in either of its two forms.
enum PushBody {
    static func request(_ body: [UInt8], mediaType: String?) throws(ProblemDocument) -> PushRequest<[Event]> {
        let (events, chains): ([Event], JSONValue?)
        switch mediaType {
        case nil, Answer.json: (events, chains) = try json(body)
        case ExchangeBody.mediaType:
            guard let parts = ExchangeBody.parts(of: body, limit: HubLimits.pushEvents) else {
                throw .malformed("the body is no object and blocks of events")
            }
            (events, chains) = (parts.events, parts.object["chains"])
        default: throw .wrongMediaType
        }
        guard events.count <= HubLimits.pushEvents else { throw ProblemDocument(.tooManyEvents) }
        let heads = (chains?.items ?? []).compactMap { SignedHead(json: $0) }
        guard chains == nil || chains?.items?.count == heads.count else {
            throw .malformed("“chains” wants a list of objects with device, seq, hash and perhaps signature")
        }
        return PushRequest(batch: events, eventCount: events.count, byteCount: body.count, chains: heads)
    }

    private static func json(_ body: [UInt8]) throws(ProblemDocument) -> ([Event], JSONValue?) {
        let parts: ([Event], JSONValue?)?
        do throws(JSONError) {
            parts = try body.withUnsafeBufferPointer { bytes -> Result<([Event], JSONValue?)?, JSONError> in
                do throws(JSONError) { return .success(try Self.parts(of: JSONPieces(bytes))) } catch { return .failure(error) }
            }.get()
        } catch { throw .malformed(error) }
        guard let parts else { throw .malformed("the body wants an object with “events”, a list, and perhaps “chains”") }
        return parts
    }

    /// nil when members are missing or unknown.
    private static func parts(of pieces: JSONPieces) throws(JSONError) -> ([Event], JSONValue?)? {
        let members = try pieces.members()
        func member(_ name: String) -> JSONPieces.Member? { members.first { $0.key.elementsEqual(name.utf8) } }
        guard let list = member("events"), members.count == (member("chains") == nil ? 1 : 2) else { return nil }
        var parser = EventParser()
        var events: [Event] = []
        // One too many is enough to say so.
        for item in try pieces.items(in: list.value).prefix(HubLimits.pushEvents + 1) { events.append(try pieces.event(in: item, &parser)) }
        return (events, try member("chains").map { (chains) throws(JSONError) in try pieces.value(in: chains.value) })
    }
}
