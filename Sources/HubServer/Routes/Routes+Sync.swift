internal import EventCore
internal import ReplicaEngine

extension Routes {
    private static let bodies = [Answer.json, ExchangeBody.mediaType]

    static let sync: [Route] = [
        Route(.post, "/sync/push", "Hand over events; 200 means that what is accepted is on disk", takes: bodies) { (call) throws(Problem) in
            let caller = try call.known()
            let request = try PushRequest(call.body, mediaType: call.mediaType)
            return answer(try await caller.workspace.push(request.events, by: caller.device.id))
        },
        Route(
            .get, "/sync/pull", "Events after a cursor, in the hub's order",
            parameters: [
                Route.Parameter(name: "cursor", type: "string", summary: "Where to go on; from the start without"),
                Route.Parameter(name: "limit", type: "integer", summary: "At most so many events"),
                Route.Parameter(name: "wait", type: "integer", summary: "Wait so many seconds for an event when there is none"),
            ], gives: bodies
        ) { (call) throws(Problem) in
            let caller = try call.known()
            let limit = try call.number("limit", in: 1...HubLimits.pullEventsLimit) ?? HubLimits.pullEvents
            let seconds = try call.number("wait", in: 0...HubLimits.waitSeconds) ?? 0
            let pulled = try await caller.workspace.pull(call.query["cursor"], limit: limit, wait: seconds, by: caller.device.id)
            return answer(pulled, asBlocks: call.wants(ExchangeBody.mediaType))
        },
        Route(.get, "/sync/status", "The hub's state, and the caller's") { (call) throws(Problem) in
            let caller = try call.known()
            return answer(try await caller.workspace.status(of: caller.device.id))
        },
    ]

    private static func answer(_ push: PushAnswer) -> Answer {
        Answer { writer in
            writer.key("events")
            writer.beginArray()
            for (dot, verdict) in push.verdicts {
                writer.beginObject()
                writer.key("dot")
                writer.dot(dot)
                write(verdict, &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.key("ackedThrough")
            writer.versionVector(push.ackedThrough)
            writer.key("head")
            writer.integer(push.head)
        }
    }

    private static func write(_ verdict: Verdict, _ writer: inout JSONWriter) {
        func named(_ name: String, at position: UInt64?) {
            writer.key("verdict")
            writer.string(name)
            if let position {
                writer.key("position")
                writer.integer(position)
            }
        }
        switch verdict {
        case .accepted(let position): named("accepted", at: position)
        case .concurrent(let position): named("concurrent", at: position)
        case .duplicate(let position): named("duplicate", at: position)
        case .parked: named("parked", at: nil)
        case .rejected(let problem):
            named("rejected", at: nil)
            writer.key("problem")
            writer.beginObject()
            problem.write(to: &writer)
            writer.endObject()
        }
    }

    private static func answer(_ pull: PullAnswer, asBlocks: Bool) -> Answer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("cursor")
        writer.string(pull.cursor.text)
        writer.key("more")
        writer.boolean(pull.hasMore)
        writer.key("head")
        writer.integer(pull.head)
        guard !asBlocks else {
            writer.key("first")
            writer.integer(pull.cursor.position - UInt64(pull.events.count))
            writer.endObject()
            return Answer(
                mediaType: ExchangeBody.mediaType, body: ExchangeBody.bytes(object: writer.bytes, events: pull.events.map(\.event)))
        }
        writer.key("events")
        writer.beginArray()
        for logged in pull.events {
            writer.beginObject()
            writer.key("position")
            writer.integer(logged.position.index)
            writer.key("event")
            logged.event.write(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return Answer(body: writer.bytes)
    }

    private static func answer(_ status: StatusAnswer) -> Answer {
        Answer { writer in
            writer.key("version")
            writer.integer(1)
            writer.key("workspace")
            writer.string(status.workspace)
            writer.key("log")
            writer.string(status.log)
            writer.key("head")
            writer.integer(status.head)
            writer.key("digest")
            writer.string(String(status.digest, radix: 16))
            writer.key("waiting")
            writer.integer(status.waiting)
            writer.key("connected")
            writer.integer(status.connected)
            writer.key("ackedThrough")
            writer.versionVector(status.ackedThrough)
            writer.key("limits")
            writeLimits(&writer)
            writer.key("device")
            writer.device(status.device.id)
            writer.key("name")
            writer.string(status.device.name)
            writer.key("role")
            writer.string(status.device.role.rawValue)
            if let lag = status.lag {
                writer.key("lag")
                writer.integer(lag)
            }
        }
    }

    private static func writeLimits(_ writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in limits {
            writer.key(name.utf8)
            writer.integer(value)
        }
        writer.endObject()
    }

    private static let limits: [(String, Int)] = [
        ("bodyBytes", HubLimits.bodyBytes), ("pushEvents", HubLimits.pushEvents), ("pullEvents", HubLimits.pullEventsLimit),
        ("messageBytes", HubLimits.messageBytes), ("waitSeconds", HubLimits.waitSeconds), ("requestsPerMinute", HubLimits.requestsPerMinute),
    ]
}
