package import EventCore

/// The hub's messages as text frames: `{"type":…}`.
extension HubMessage {
    /// - Parameters:
    ///   - event: the event of a delivery that includes it.
    ///   - detail: the sentence of an error.
    package func json(event: Event? = nil, detail: String = "") -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .registered(let registered): registered.write(to: &writer)
        case .criticalEvent(let delivery): delivery.write(to: &writer, event)
        case .acknowledged(let dot, let devices, let missing):
            writer.type("acknowledged")
            writer.key("dot")
            writer.dot(dot)
            writer.devices("by", devices)
            writer.devices("missing", missing)
        case .changes(let head):
            writer.type("changes")
            writer.key("head")
            writer.integer(head.index)
        case .heartbeat(let heartbeat): heartbeat.write(to: &writer)
        case .roleChanged(let leadership):
            writer.type("role_changed")
            leadership.write(to: &writer)
        case .error(let problem):
            writer.type("error")
            problem.write(to: &writer, detail: detail)
        }
        writer.endObject()
        return writer.bytes
    }

    /// nil for what is no message of a hub.
    package init?(json object: JSONValue) {
        switch object["type"]?.text {
        case "registered":
            guard let session = object["session"]?.integer, let leadership = Leadership(json: object), let head = object["head"]?.position
            else { return nil }
            self = .registered(
                Registered(
                    session: ConnectionID(session), leadership: leadership, head: head, limits: SyncLimits(json: object["limits"])
                ))
        case "critical_event":
            guard let delivery = Delivery(json: object) else { return nil }
            self = .criticalEvent(delivery)
        case "acknowledged":
            guard let dot = object["dot"]?.dot else { return nil }
            self = .acknowledged(dot, by: object["by"].devices, missing: object["missing"].devices)
        case "changes":
            guard let head = object["head"]?.position else { return nil }
            self = .changes(head: head)
        case "heartbeat":
            guard let heartbeat = HubHeartbeat(json: object) else { return nil }
            self = .heartbeat(heartbeat)
        case "role_changed":
            guard let leadership = Leadership(json: object) else { return nil }
            self = .roleChanged(leadership)
        case "error":
            guard let problem = Problem(json: object) else { return nil }
            self = .error(problem)
        default: return nil
        }
    }
}

// MARK: - Parts

extension Registered {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.type("registered")
        writer.key("session")
        writer.integer(session.number)
        leadership.write(to: &writer)
        writer.key("head")
        writer.integer(head.index)
        writer.key("limits")
        limits.write(to: &writer)
    }
}

extension Leadership {
    fileprivate init?(json object: JSONValue) {
        guard let role = object["role"]?.text.flatMap({ Role(rawValue: $0) }), let epoch = object["epoch"]?.integer else { return nil }
        self.init(role: role, master: object["master"]?.text.flatMap { DeviceID($0) }, epoch: epoch)
    }

    /// `role`, `master` and `epoch`, into an object that has begun.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("role")
        writer.string(role.rawValue)
        writer.key("master")
        if let master { writer.device(master) } else { writer.null() }
        writer.key("epoch")
        writer.integer(epoch)
    }
}

extension Delivery {
    fileprivate init?(json object: JSONValue) {
        guard let id = object["delivery"]?.position, let dot = object["dot"]?.dot, let attempt = object["attempt"]?.integer,
            let byteCount = object["bytes"]?.integer
        else { return nil }
        self.init(
            id: id, dot: dot, attempt: Int(clamping: attempt), includesEvent: object["event"] != nil,
            byteCount: Int(clamping: byteCount))
    }

    fileprivate func write(to writer: inout JSONWriter, _ event: Event?) {
        writer.type("critical_event")
        writer.key("delivery")
        writer.integer(id.index)
        writer.key("position")
        writer.integer(id.index)
        writer.key("dot")
        writer.dot(dot)
        writer.key("attempt")
        writer.integer(attempt)
        writer.key("bytes")
        writer.integer(byteCount)
        guard includesEvent, let event else { return }
        writer.key("event")
        event.write(to: &writer)
    }
}

extension HubHeartbeat {
    fileprivate init?(json object: JSONValue) {
        guard let ref = object["ref"]?.integer, let leadership = Leadership(json: object), let head = object["head"]?.position,
            let expires = object["tokenExpiresInMs"]?.integer, let wall = object["time"]?.integer
        else { return nil }
        self.init(ref: ref, leadership: leadership, head: head, tokenExpiresInMilliseconds: expires, wall: wall)
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.type("heartbeat")
        writer.key("ref")
        writer.integer(ref)
        leadership.write(to: &writer)
        writer.key("head")
        writer.integer(head.index)
        writer.key("tokenExpiresInMs")
        writer.integer(tokenExpiresInMilliseconds)
        writer.key("time")
        writer.integer(wall)
    }
}

extension JSONWriter {
    fileprivate mutating func devices(_ name: StaticString, _ devices: [DeviceID]) {
        key(name)
        beginArray()
        for device in devices { self.device(device) }
        endArray()
    }
}

extension JSONValue {
    /// A position of a log; nil for one that no log reaches, so that what is reckoned with it does not overflow.
    fileprivate var position: Position? { integer.flatMap { $0 <= Limits.seq ? Position($0) : nil } }

    /// `device:seq`.
    package var dot: Dot? {
        guard let text, let colon = text.lastIndex(of: ":"), let device = DeviceID(text[..<colon]),
            let seq = UInt64(text[text.index(after: colon)...]), seq > 0
        else { return nil }
        return Dot(device: device, seq: seq)
    }
}

extension JSONValue? {
    fileprivate var devices: [DeviceID] { self?.items?.compactMap { $0.text.flatMap { DeviceID($0) } } ?? [] }
}
