internal import EventCore
internal import NIOHTTP1
internal import ReplicaEngine
internal import SyncCore

/// The hub's calls as a joined device makes them; a token that has expired is renewed with the device's key.
final class HubClient {
    private let connection: HubConnection
    private let folder: SyncFolder
    private let device: DeviceID
    private let key: DeviceKey
    private let waitsItsTurn: Bool
    private(set) var link: HubLink

    /// How long a hub is waited for that says when it may be asked again.
    private static let patienceMilliseconds: UInt64 = 60_000

    /// A longer name is none.

    var hub: String { connection.hub }

    /// What the thread that waits for an answer does meanwhile; nil: nothing.
    var attendance: Attendance? {
        get { connection.attendance }
        set { connection.attendance = newValue }
    }

    /// - Parameter waitsItsTurn: whether a call that comes too soon is made again when the hub allows it; otherwise that is the caller's to see to.
    init(_ link: HubLink, _ folder: SyncFolder, device: DeviceID, keys: String, waitsItsTurn: Bool) throws(SyncError) {
        self.link = link
        self.folder = folder
        self.device = device
        self.waitsItsTurn = waitsItsTurn
        // A copied store has no key: it is not let in with the original's token.
        guard let key = try DeviceKey.read(device, in: keys) else { throw .noKey(path: DeviceKey.path(device, keys)) }
        self.key = key
        connection = try HubConnection(hubs: link.hubs, authorities: link.authorities)
    }

    func status() throws(SyncError) -> JSONValue { try parsed(try call(.GET, "/sync/status", for: .list)) }

    func devices() throws(SyncError) -> JSONValue { try parsed(try call(.GET, "/devices", for: .list)) }

    /// What the workspace calls its devices, this one left out, and what each has signed of its events.
    func introductions() throws(SyncError) -> (names: [DeviceID: String], signatures: [DeviceSignature]) {
        var names: [DeviceID: String] = [:]
        let objects = try devices()["devices"]?.items ?? []
        for object in objects {
            guard let id = object["device"]?.text.flatMap({ DeviceID($0) }), id != device, let name = object["name"]?.text else { continue }
            if DeviceName.isOne(name) { names[id] = name }
        }
        return (names, objects.compactMap { DeviceSignature(json: $0) })
    }

    func revoke(_ device: DeviceID, epoch: UInt64) throws(SyncError) -> JSONValue {
        try parsed(try call(.DELETE, "/devices/\(device)?epoch=\(epoch)", for: .object))
    }

    /// - Parameters:
    ///   - before: the device's own chain before these events.
    ///   - after: behind them, which is signed.
    func push(_ events: [Event], before: ChainHead, after: ChainHead) throws(SyncError) -> JSONValue {
        let body = ExchangeBody.bytes(object: try chains([before], after), events: events)
        let reply = try call(.POST, "/sync/push", for: .list, body: body, mediaType: ExchangeBody.mediaType)
        return try parsed(reply)
    }

    /// Hands blocks over as they lie; the hub takes the first ones, as far as it can.
    ///
    /// - Parameter meanwhile: done while the answer is under way.
    func push(_ blocks: PushedBlocks, meanwhile: () -> Void) throws(SyncError) -> JSONValue {
        let heads = [blocks.before] + blocks.chain
        let object = try chains(heads.dropLast(), heads[heads.count - 1])
        let body = BlocksBody.bytes(object: object, blocks: blocks.run.bytes)
        return try parsed(try call(.POST, "/sync/push", for: .list, body: body, mediaType: BlocksBody.mediaType, meanwhile: meanwhile))
    }

    /// A page as packed blocks, or as events where it does not begin with such a block.
    ///
    /// - Parameters:
    ///   - known: what the store has, of some devices: that is not sent where a page would begin with it.
    ///   - meanwhile: done while the answer is under way.
    func pullBlocks(
        cursor: String, known: VersionVector, limit: Int, meanwhile: () -> Void
    ) throws(SyncError) -> PulledContents {
        let reply = try call(
            .GET, Self.pull(cursor, known, limit), for: .page, accept: "\(BlocksBody.mediaType), \(ExchangeBody.mediaType)",
            meanwhile: meanwhile)
        if reply.mediaType == BlocksBody.mediaType, let body = BlocksBody(reply.body) { return .blocks(body) }
        guard reply.mediaType == ExchangeBody.mediaType, let parts = ExchangeBody.parts(of: reply.body, limit: limit) else {
            throw .strangeAnswer(hub: hub, what: "a pull without events")
        }
        return .events(parts.object, parts.events)
    }

    /// A page as events.
    func pullEvents(cursor: String, known: VersionVector, limit: Int) throws(SyncError) -> PulledContents {
        let (object, events) = try pull(cursor: cursor, known: known, limit: limit)
        return .events(object, events)
    }

    func pull(
        cursor: String, known: VersionVector = VersionVector(), limit: Int
    ) throws(SyncError) -> (object: JSONValue, events: [Event]) {
        let reply = try call(.GET, Self.pull(cursor, known, limit), for: .page, accept: ExchangeBody.mediaType)
        guard reply.mediaType == ExchangeBody.mediaType, let parts = ExchangeBody.parts(of: reply.body, limit: limit) else {
            throw .strangeAnswer(hub: hub, what: "a pull without events")
        }
        return parts
    }

    private static func pull(_ cursor: String, _ known: VersionVector, _ limit: Int) -> String {
        let entries = known.entries.map { "\($0)" }.joined(separator: ",")
        return "/sync/pull?limit=\(limit)&cursor=\(cursor)" + (entries.isEmpty ? "" : "&known=\(entries)")
    }

    private func chains(_ before: [ChainHead], _ after: ChainHead) throws(SyncError) -> [UInt8] {
        let signature = try key.signature(of: after.signedBytes(workspace: link.workspaceID))
        return JSONWriter.object { writer in
            writer.chains((before.map { ($0, nil) } + [(after, signature)]).filter { $0.head.dot.seq > 0 })
        }
    }

    // MARK: - Sessions

    private func parsed(_ reply: HubConnection.Reply) throws(SyncError) -> JSONValue {
        guard let object = try? JSONValue(json: reply.body) else { throw .strangeAnswer(hub: hub, what: "no JSON") }
        return object
    }

    private func call(
        _ method: HTTPMethod, _ path: String, for kind: AnswerKind, body: [UInt8]? = nil, mediaType: String = "application/json",
        accept: String? = nil, meanwhile: () -> Void = {}
    ) throws(SyncError) -> HubConnection.Reply {
        var patience = waitsItsTurn ? Self.patienceMilliseconds : 0
        var isFirst = true
        func reply(_ patience: inout UInt64) throws(SyncError) -> HubConnection.Reply {
            try inTurn(&patience) { () throws(SyncError) in
                defer { isFirst = false }
                return try connection.call(method, path, for: kind, token: link.token, body: body, mediaType: mediaType, accept: accept) {
                    if isFirst { meanwhile() }
                }
            }
        }
        do throws(SyncError) { return try reply(&patience) } catch {
            guard case .notAllowed(let problem) = error, ["token-expired", "token-unknown"].contains(problem.code) else { throw error }
            try renew(&patience)
            return try reply(&patience)
        }
    }

    /// Makes a call that came too soon again when the hub allows it, as long as there is patience.
    private func inTurn<Value>(_ patience: inout UInt64, _ body: () throws(SyncError) -> Value) throws(SyncError) -> Value {
        while true {
            do throws(SyncError) { return try body() } catch {
                guard case .refused(let problem) = error, problem.code == ProblemCode.rateLimited.rawValue else { throw error }
                let pause = max(problem.retryAfterMilliseconds ?? Self.pauseMilliseconds, 1)
                guard pause <= patience else { throw error }
                patience -= pause
                Host.pause(milliseconds: UInt32(pause))
            }
        }
    }

    /// Before a call is made again, where the hub does not say when that may be.
    private static let pauseMilliseconds: UInt64 = 1_000

    /// Proves the device's key and keeps the new token.
    func renew() throws(SyncError) {
        var patience = waitsItsTurn ? Self.patienceMilliseconds : 0
        try renew(&patience)
    }

    private func renew(_ patience: inout UInt64) throws(SyncError) {
        let workspace = body { writer in
            writer.key("workspace")
            writer.string(link.workspace)
        }
        let challenge = try inTurn(&patience) { () throws(SyncError) in
            try parsed(try connection.call(.POST, "/devices/\(device)/challenge", for: .object, body: workspace))
        }
        guard let nonce = challenge["nonce"]?.bytes else { throw .strangeAnswer(hub: hub, what: "a challenge without a nonce") }
        let signature = try key.signature(
            of: SessionProof.bytes(workspace: WorkspaceID(bytes: link.workspaceID), device: device, nonce: Secret(bytes: nonce)))
        let proof = body { writer in
            writer.key("workspace")
            writer.string(link.workspace)
            writer.key("nonce")
            writer.string(Hexadecimal.text(nonce))
            writer.key("signature")
            writer.string(Hexadecimal.text(signature))
        }
        let session = try inTurn(&patience) { () throws(SyncError) in
            try parsed(try connection.call(.POST, "/devices/\(device)/session", for: .object, body: proof))
        }
        guard let token = session["token"]?.text else { throw .strangeAnswer(hub: hub, what: "a session without a token") }
        link.token = token
        try folder.set(token: token)
    }

    private func body(_ members: (inout JSONWriter) -> Void) -> [UInt8] { JSONWriter.object(members) }
}

/// What a page of a pull holds.
enum PulledContents {
    case events(JSONValue, [Event])
    case blocks(BlocksBody)

    /// What the page says beside its events.
    var object: JSONValue {
        switch self {
        case .events(let object, _): object
        case .blocks(let body): body.object
        }
    }

    /// The highest event of each device.
    var covers: VersionVector {
        switch self {
        case .events(_, let events): VersionVector(events.map(\.dot))
        case .blocks(let body): body.covers
        }
    }

    var eventCount: Int {
        switch self {
        case .events(_, let events): events.count
        case .blocks(let body): body.eventCount
        }
    }
}

extension JSONWriter {
    /// The bytes of one object.
    static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
