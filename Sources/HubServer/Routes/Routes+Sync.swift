internal import EventCore
internal import HTTPTypes
internal import HubStore
internal import ReplicaEngine
internal import SyncCore

extension Routes {
    private static let bodies = [Answer.json, ExchangeBody.mediaType, BlocksBody.mediaType]

    static let sync: [Route] = [
        Route(.post, "/sync/push", "Hand over events; 200 means that what is accepted is on disk", takes: bodies) {
            (call) throws(ProblemDocument) in
            let (workspace, token) = try call.known()
            let request = try PushBody.request(call.body, mediaType: call.mediaType)
            let reply = await workspace.call(.push(request, token: token))
            guard case .pushed(let answer) = reply else { throw problem(reply) }
            return Self.answer(answer, to: request.batch)
        },
        Route(
            .get, "/sync/pull", "Events after a cursor, in the hub's order",
            parameters: [
                Route.Parameter(name: "cursor", type: "string", summary: "Where to go on; from the start without"),
                Route.Parameter(
                    name: "known", type: "string",
                    summary: "What the caller has already, as `device:seq` with commas between: the page does not begin with it"),
                Route.Parameter(name: "limit", type: "integer", summary: "At most so many events"),
                Route.Parameter(name: "wait", type: "integer", summary: "Wait so many seconds for an event when there is none"),
            ], gives: bodies
        ) { (call) throws(ProblemDocument) in
            let (workspace, token) = try call.known()
            let limit = try call.number("limit", in: 1...HubLimits.pushEvents) ?? HubLimits.pullEvents
            let seconds = try call.number("wait", in: 0...HubLimits.waitSeconds) ?? 0
            let request = PullRequest(
                cursor: try cursor(call), known: try known(call), limit: limit, waitMilliseconds: UInt64(seconds) * 1000)
            let reply = await workspace.call(.pull(request, token: token))
            guard case .pulled(let answer) = reply else { throw problem(reply) }
            if call.wants(BlocksBody.mediaType), let blocks = try await Self.blocks(answer, of: workspace) { return blocks }
            return try await Self.answer(answer, of: workspace, isBinary: call.wants(ExchangeBody.mediaType))
        },
        Route(.get, "/sync/status", "The hub's state, and the caller's", schema: "status") { (call) throws(ProblemDocument) in
            let (workspace, token) = try call.known()
            let reply = await workspace.call(.status(token: token))
            guard case .status(let status) = reply else { throw problem(reply) }
            let facts = await workspace.facts
            return Answer { writer in write(status, workspace.name, facts, &writer) }
        },
    ]

    private static func cursor(_ call: Call) throws(ProblemDocument) -> [UInt8]? {
        guard let text = call.query["cursor"], !text.isEmpty else { return nil }
        guard let bytes = Hexadecimal.bytes(text.utf8) else { throw .malformed("the cursor is none that a hub gives") }
        return bytes
    }

    private static func known(_ call: Call) throws(ProblemDocument) -> VersionVector {
        var known: [Dot] = []
        for entry in (call.query["known"] ?? "").split(separator: ",") {
            var entry = String(entry)
            guard let dot = entry.withUTF8({ Dot(utf8: $0) }) else { throw .malformed("known is a list of device:seq") }
            known.append(dot)
        }
        return VersionVector(known)
    }

    private static func answer(_ push: PushAnswer, to batch: PushContents) -> Answer {
        Answer { writer in
            switch batch {
            case .events(let events): write(push.runs.flatMap { Array($0.verdicts) }, events, &writer)
            case .blocks: write(push.runs, &writer)
            }
            writer.key("ackedThrough")
            writer.versionVector(push.ackedThrough)
            writer.key("head")
            writer.integer(push.head.index)
            writer.key("forked")
            writer.beginArray()
            for device in push.forked { writer.device(device) }
            writer.endArray()
        }
    }

    /// A verdict for each event.
    private static func write(_ verdicts: [Verdict], _ events: [Event], _ writer: inout JSONWriter) {
        writer.key("events")
        writer.beginArray()
        for (event, verdict) in zip(events, verdicts) {
            writer.beginObject()
            writer.key("dot")
            writer.dot(event.dot)
            verdict.write(to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// The same of blocks, of which all that were taken were accepted: where, how many, and which of them are concurrent.
    private static func write(_ runs: [VerdictRun], _ writer: inout JSONWriter) {
        var (first, count, concurrent) = (Position?.none, 0, [Position]())
        for run in runs {
            switch run.verdict {
            case .accepted(let position): first = first ?? position
            case .concurrent(let position):
                first = first ?? position
                concurrent += (0..<UInt64(run.count)).map { Position(position.index + $0) }
            case .duplicate, .parked, .rejected: preconditionFailure("a block with such an event is not taken")
            }
            count += run.count
        }
        writer.key("accepted")
        writer.integer(count)
        writer.key("first")
        if let first { writer.integer(first.index) } else { writer.null() }
        writer.positions("concurrent", concurrent)
    }

    /// A page as the log has it; nil where it does not begin with a packed block.
    private static func blocks(_ pull: PullAnswer, of workspace: Workspace) async throws(ProblemDocument) -> Answer? {
        let run = try await workspace.blocks(pull.positions)
        guard run.end > pull.positions.lowerBound else { return nil }
        var writer = try await head(of: pull, upTo: run.end, workspace)
        writer.endObject()
        return Answer(mediaType: BlocksBody.mediaType, body: BlocksBody.bytes(object: writer.bytes, blocks: run.bytes))
    }

    private static func answer(_ pull: PullAnswer, of workspace: Workspace, isBinary: Bool) async throws(ProblemDocument) -> Answer {
        let events = try await workspace.events(pull.positions)
        var writer = try await head(of: pull, upTo: Position(pull.positions.lowerBound.index + UInt64(events.count)), workspace)
        guard !isBinary else {
            writer.endObject()
            return Answer(mediaType: ExchangeBody.mediaType, body: ExchangeBody.bytes(object: writer.bytes, events: events.map(\.event)))
        }
        writer.key("events")
        writer.beginArray()
        for logged in events {
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

    /// What a page says beside its events: an object that has begun.
    private static func head(
        of pull: PullAnswer, upTo end: Position, _ workspace: Workspace
    ) async throws(ProblemDocument) -> JSONWriter {
        // A page whose events are large is cut short, and so is what its cursor says.
        let cursor = end == pull.positions.upperBound ? pull.cursor : try await workspace.cursor(at: end)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("cursor")
        writer.string(Hexadecimal.text(cursor.bytes))
        writer.key("more")
        writer.boolean(end < pull.head)
        writer.key("head")
        writer.integer(pull.head.index)
        writer.key("first")
        writer.integer(pull.positions.lowerBound.index)
        writer.chains(pull.chains)
        return writer
    }

    private static func write(_ status: HubStatus, _ workspace: String, _ facts: WorkspaceFacts, _ writer: inout JSONWriter) {
        writer.key("version")
        writer.integer(1)
        writer.key("workspace")
        writer.string(workspace)
        writer.key("log")
        writer.string(status.log.text)
        writer.key("head")
        writer.integer(status.head.index)
        writer.key("digest")
        writer.string(status.digest.description)
        writer.key("time")
        writer.integer(status.wall)
        writer.key("waiting")
        writer.integer(facts.waiting)
        writer.key("logBytes")
        writer.integer(facts.logBytes)
        writer.key("connected")
        writer.integer(status.connected)
        writer.key("ackedThrough")
        writer.versionVector(facts.applied)
        writer.key("master")
        if let master = status.leadership.master { writer.device(master) } else { writer.null() }
        writer.key("epoch")
        writer.integer(status.leadership.epoch)
        writer.key("limits")
        status.limits.write(to: &writer)
        writer.key("caller")
        writer.beginObject()
        status.caller.write(to: &writer)
        writer.positions("pendingCritical", status.pendingCritical)
        writer.positions("unacknowledgedCritical", status.unacknowledgedCritical)
        writer.key("ownCritical")
        writer.beginArray()
        for standing in status.ownCritical {
            writer.beginObject()
            writer.key("dot")
            writer.dot(standing.dot)
            writer.devices("by", standing.by)
            writer.devices("missing", standing.missing)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension Verdict {
    /// The members, into an object that has begun.
    fileprivate func write(to writer: inout JSONWriter) {
        let (name, position): (StaticString, Position?) =
            switch self {
            case .accepted(let position): ("accepted", position)
            case .duplicate(let position): ("duplicate", position)
            case .concurrent(let position): ("concurrent", position)
            case .parked: ("parked", nil)
            case .rejected: ("rejected", nil)
            }
        writer.key("verdict")
        writer.string(name.description)
        if let position {
            writer.key("position")
            writer.integer(position.index)
        }
        guard case .rejected(let code) = self else { return }
        writer.key("problem")
        writer.beginObject()
        ProblemDocument(code).write(to: &writer)
        writer.endObject()
    }
}
