internal import EventCore

extension Routes {
    static let devices: [Route] = [
        Route(.post, "/devices", "Enrol a device with a one-time code", access: .anyone, takes: [Answer.json]) { (call) throws(Problem) in
            let body = try JSONBody(call.body)
            let (id, code, name) = (try body.device("device"), try body.text("code"), try body.text("name"))
            let key = try body.bytes("key", count: 32)
            guard (1...HubLimits.nameBytes).contains(name.utf8.count), name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .invalid("“name” has 1 to \(HubLimits.nameBytes) bytes and no control characters")
            }
            guard let workspace = await call.hub.workspace(ofCode: code) else {
                try await call.hub.noteFailure()
                throw .badCode
            }
            return answer(try await workspace.enrol(id, name: name, key: key, code: code), status: 201)
        },
        Route(
            .post, "/devices/{id}/challenge", "A nonce to sign, good for a minute, once", access: .anyone, parameters: [deviceParameter],
            takes: [Answer.json]
        ) { (call) throws(Problem) in
            let (nonce, expires) = try await workspace(call).challenge(try call.device())
            return Answer { writer in
                writer.key("nonce")
                writer.string(Hexadecimal.text(nonce))
                writer.key("expires")
                writer.integer(expires)
            }
        },
        Route(
            .post, "/devices/{id}/session", "A token for a signed nonce", access: .anyone, parameters: [deviceParameter], takes: [Answer.json]
        ) { (call) throws(Problem) in
            let body = try JSONBody(call.body)
            let (nonce, signature) = (try body.bytes("nonce", count: 32), try body.bytes("signature", count: 64))
            return answer(try await workspace(call).openSession(try call.device(), nonce: nonce, signature: signature), status: 200)
        },
        Route(.get, "/devices", "The workspace's devices") { (call) throws(Problem) in
            let lines = await (try call.known()).workspace.devices()
            return Answer { writer in
                writer.key("devices")
                writer.beginArray()
                for line in lines { write(line, &writer) }
                writer.endArray()
            }
        },
        Route(.delete, "/devices/{id}", "Revoke a device; only the master may", parameters: [deviceParameter]) { (call) throws(Problem) in
            let (caller, id) = (try call.known(), try call.device())
            let position = try await caller.workspace.revoke(id, by: caller.device.id)
            return Answer { writer in
                writer.key("device")
                writer.device(id)
                writer.key("revokedAt")
                writer.integer(position)
            }
        },
    ]

    private static let deviceParameter = Route.Parameter(name: "id", type: "string", summary: "The device's id")

    /// The workspace that the body names, `main` without.
    private static func workspace(_ call: Call) async throws(Problem) -> Workspace {
        let name = call.body.isEmpty ? nil : try JSONBody(call.body).optionalText("workspace")
        guard let workspace = await call.hub.workspace(name ?? Hub.defaultName) else { throw .noSuchDevice }
        return workspace
    }

    private static func answer(_ grant: Grant, status: Int) -> Answer {
        Answer(status: status) { writer in
            writer.key("token")
            writer.string(grant.token)
            writer.key("expires")
            writer.integer(grant.expires)
            writer.key("workspace")
            writer.string(grant.workspace)
            writer.key("log")
            writer.string(grant.log)
            writer.key("device")
            writer.device(grant.device.id)
            writer.key("name")
            writer.string(grant.device.name)
            writer.key("role")
            writer.string(grant.device.role.rawValue)
            writer.key("head")
            writer.integer(grant.head)
        }
    }

    private static func write(_ line: DeviceLine, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("device")
        writer.device(line.device.id)
        writer.key("name")
        writer.string(line.device.name)
        writer.key("role")
        writer.string(line.device.role.rawValue)
        writer.key("connected")
        writer.boolean(line.isConnected)
        writer.key("enrolledAt")
        writer.integer(line.device.enrolledAt)
        if let revokedAt = line.device.revokedAt {
            writer.key("revokedAt")
            writer.integer(revokedAt)
        }
        if let lastSeen = line.lastSeen {
            writer.key("lastSeen")
            writer.integer(lastSeen)
        }
        if let lag = line.lag {
            writer.key("lag")
            writer.integer(lag)
        }
        writer.endObject()
    }
}
