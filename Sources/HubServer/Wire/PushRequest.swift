internal import EventCore
internal import ReplicaEngine

/// The body of a push, in either of its two forms.
struct PushRequest: Sendable {
    let events: [Event]

    init(_ body: [UInt8], mediaType: String?) throws(Problem) {
        switch mediaType {
        case nil, Answer.json: events = try Self.json(body)
        case ExchangeBody.mediaType:
            guard let parts = ExchangeBody.parts(of: body, limit: HubLimits.pushEvents) else {
                throw Problem(400, "malformed", "the body is no object and blocks of events")
            }
            events = parts.events
        default: throw .wrongMediaType
        }
        guard events.count <= HubLimits.pushEvents else { throw .tooLarge }
    }

    private static func json(_ body: [UInt8]) throws(Problem) -> [Event] {
        do throws(JSONError) {
            let result = body.withUnsafeBufferPointer { bytes -> Result<[Event]?, JSONError> in
                do throws(JSONError) { return .success(try events(in: JSONPieces(bytes))) } catch { return .failure(error) }
            }
            if let events = try result.get() { return events }
        } catch { throw .malformed(error) }
        throw .invalid("the body wants an object with “events”, a list, and perhaps “chains”")
    }

    /// nil when members are missing or unknown.
    private static func events(in pieces: JSONPieces) throws(JSONError) -> [Event]? {
        let members = try pieces.members()
        guard let list = members.first(where: { $0.key.elementsEqual("events".utf8) }),
            members.allSatisfy({ $0.key.elementsEqual("events".utf8) || $0.key.elementsEqual("chains".utf8) })
        else { return nil }
        var parser = EventParser()
        var events: [Event] = []
        for item in try pieces.items(in: list.value).prefix(HubLimits.pushEvents + 1) {
            events.append(try pieces.event(in: item, &parser))
        }
        return events
    }
}
