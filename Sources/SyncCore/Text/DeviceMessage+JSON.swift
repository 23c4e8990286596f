package import EventCore

/// A device's messages as text frames: `{"type":…}`.
extension DeviceMessage {
    /// nil for what is no message, or none of these types.
    package init?(json object: JSONValue) {
        switch object["type"]?.text.flatMap({ Kind(rawValue: $0) }) {
        case .register:
            guard let registration = Registration(json: object) else { return nil }
            self = .register(registration)
        case .acknowledge:
            guard let delivery = object["delivery"]?.integer,
                let outcome = object["outcome"]?.text.flatMap({ AcknowledgementOutcome(rawValue: $0) })
            else { return nil }
            self = .acknowledge(DeliveryID(delivery), outcome)
        case .heartbeat:
            guard let id = object["id"]?.integer else { return nil }
            self = .heartbeat(
                DeviceHeartbeat(
                    id: id, epoch: object["epoch"]?.integer ?? 0, lag: object["lag"]?.integer ?? 0, pending: object["pending"]?.integer ?? 0
                ))
        case nil: return nil
        }
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .register(let registration):
            writer.type(Kind.register.rawValue)
            registration.write(to: &writer)
        case .acknowledge(let delivery, let outcome):
            writer.type(Kind.acknowledge.rawValue)
            writer.key("delivery")
            writer.integer(delivery.index)
            writer.key("outcome")
            writer.string(outcome.rawValue)
        case .heartbeat(let heartbeat):
            writer.type(Kind.heartbeat.rawValue)
            for (name, number) in [
                ("id", heartbeat.id), ("epoch", heartbeat.epoch), ("lag", heartbeat.lag), ("pending", heartbeat.pending),
            ] {
                writer.key(name.utf8)
                writer.integer(number)
            }
        }
        writer.endObject()
        return writer.bytes
    }
}

extension Registration {
    fileprivate init?(json object: JSONValue) {
        guard let device = object["device"]?.text.flatMap({ DeviceID($0) }), let name = object["name"]?.text else { return nil }
        let roles = object["roles"]?.items ?? []
        guard roles.allSatisfy({ $0.text.flatMap { Role(rawValue: $0) } != nil }) else { return nil }
        let cursor = object["cursor"].flatMap { $0 == .null ? nil : $0 }
        // A cursor that is none is no registration; one that is left out, or null, is the start.
        if let cursor, cursor.bytes == nil { return nil }
        self.init(
            device: device, name: name, canLead: roles.contains { $0.text == Role.master.rawValue },
            priority: Int(clamping: object["priority"]?.integer ?? 0), cursor: cursor?.bytes, epoch: object["epoch"]?.integer ?? 0)
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("device")
        writer.device(device)
        writer.key("name")
        writer.string(name)
        writer.key("roles")
        writer.beginArray()
        if canLead { writer.string(Role.master.rawValue) }
        writer.string(Role.client.rawValue)
        writer.endArray()
        writer.key("priority")
        writer.integer(max(0, priority))
        writer.key("epoch")
        writer.integer(epoch)
        guard let cursor else { return }
        writer.key("cursor")
        writer.string(Hexadecimal.text(cursor))
    }
}

extension JSONWriter {
    /// The member that says what a message is.
    mutating func type(_ type: String) {
        key("type")
        string(type)
    }
}
