internal import EventCore
internal import HubStore
internal import ReplicaEngine
internal import SyncCore

/// The body of a push, in one of its three forms.
enum PushBody {
    static func request(_ body: [UInt8], mediaType: String?) throws(ProblemDocument) -> PushRequest<PushContents> {
        let (batch, count, chains): (PushContents, Int, JSONValue?)
        switch mediaType {
        case nil, Answer.json:
            let (events, claims) = try json(body)
            (batch, count, chains) = (.events(events), events.count, claims)
        case ExchangeBody.mediaType:
            guard let parts = ExchangeBody.parts(of: body, limit: HubLimits.pushEvents) else {
                throw .malformed("the body is no object and blocks of events")
            }
            (batch, count, chains) = (.events(parts.events), parts.events.count, parts.object["chains"])
        case BlocksBody.mediaType:
            guard let blocks = BlocksBody(body) else { throw .malformed("the body is no object and packed blocks of events") }
            (batch, count, chains) = (.blocks(blocks), blocks.eventCount, blocks.object["chains"])
        default: throw .wrongMediaType
        }
        guard count <= HubLimits.pushEvents else { throw ProblemDocument(.tooManyEvents) }
        let heads = (chains?.items ?? []).compactMap { SignedHead(json: $0) }
        guard chains == nil || chains?.items?.count == heads.count else {
            throw .malformed("“chains” wants a list of objects with device, seq, hash and perhaps signature")
        }
        return PushRequest(batch: batch, eventCount: count, byteCount: body.count, chains: heads)
    }

    private static func json(_ body: [UInt8]) throws(ProblemDocument) -> ([Event], JSONValue?) {
        let parts: (events: [Event], chains: JSONValue?)?
        do throws(JSONError) { parts = try JSONExchangeBody.parts(of: body, limit: HubLimits.pushEvents) } catch { throw .malformed(error) }
        guard let parts else { throw .malformed("the body wants an object with “events”, a list, and perhaps “chains”") }
        return parts
    }
}
