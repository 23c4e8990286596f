internal import EventCore
internal import HTTPTypes
internal import SyncCore

extension Routes {
    static let devices: [Route] = [
        Route(.post, "/devices", "Enrol a device with a one-time code", access: .anyone, status: 201, takes: [Answer.json]) {
            (call) throws(ProblemDocument) in
            let enrolment = try call.read { (body) throws(MalformedBody) in try Enrolment(body) }
            guard let workspace = await call.hub.workspace(ofCode: enrolment.code) else { throw ProblemDocument(.codeInvalid) }
            let reply = await workspace.call(.enrol(enrolment, random: Secrets.new()))
            guard case .enrolled(let id, let role, let token, let expires) = reply else { throw problem(reply) }
            let log = await workspace.facts.log
            return Answer(status: 201) { writer in
                write(token, expires, of: workspace, &writer)
                writer.key("workspaceId")
                writer.string(Hexadecimal.text(id.bytes))
                writer.key("device")
                writer.device(enrolment.device)
                writer.key("role")
                writer.string(role.rawValue)
                writer.key("log")
                writer.string(log.text)
            }
        },
        Route(
            .post, "/devices/{id}/challenge", "A nonce to sign, good for a minute, once", access: .anyone, parameters: [deviceParameter],
            takes: [Answer.json]
        ) { (call) throws(ProblemDocument) in
            let workspace = try await workspace(call)
            let reply = await workspace.call(.challenge(try call.device(), random: Secrets.new()))
            guard case .challenge(let nonce, let expires) = reply else { throw problem(reply) }
            return Answer { writer in
                writer.key("nonce")
                writer.string(Hexadecimal.text(nonce.bytes))
                writer.key("expiresInMs")
                writer.integer(expires)
            }
        },
        Route(
            .post, "/devices/{id}/session", "A token for a signed nonce", access: .anyone, parameters: [deviceParameter],
            takes: [Answer.json]
        ) { (call) throws(ProblemDocument) in
            let signIn = try call.read { (body) throws(MalformedBody) in try SignIn(body) }
            let workspace = try await workspace(call)
            let reply = await workspace.call(
                .openSession(try call.device(), nonce: signIn.nonce, signature: signIn.signature, random: Secrets.new()))
            guard case .session(let token, let expires) = reply else { throw problem(reply) }
            return Answer { writer in write(token, expires, of: workspace, &writer) }
        },
        Route(.get, "/devices", "The workspace's devices") { (call) throws(ProblemDocument) in
            let (workspace, token) = try call.known()
            let reply = await workspace.call(.listDevices(token: token))
            guard case .devices(let lines) = reply else { throw problem(reply) }
            return Answer { writer in
                writer.key("devices")
                writer.beginArray()
                for line in lines {
                    writer.beginObject()
                    line.write(to: &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
        },
        Route(
            .delete, "/devices/{id}", "Revoke a device; only the holder of the lease may",
            parameters: [deviceParameter, Route.Parameter(name: "epoch", type: "integer", summary: "Of the caller's lease")]
        ) { (call) throws(ProblemDocument) in
            let (workspace, token) = try call.known()
            let id = try call.device()
            let reply = await workspace.call(
                .revoke(id, epoch: UInt64(try call.number("epoch", in: 1...Int.max) ?? 0), token: token))
            guard case .revoked(let position) = reply else { throw problem(reply) }
            return Answer { writer in
                writer.key("device")
                writer.device(id)
                writer.key("revokedAt")
                writer.integer(position.index)
            }
        },
    ]

    private static let deviceParameter = Route.Parameter(name: "id", type: "string", summary: "The device's id")

    /// The workspace that the body names, `main` without. One that is not there answers like a device that is not enrolled.
    private static func workspace(_ call: Call) async throws(ProblemDocument) -> Workspace {
        let name = call.body.isEmpty ? nil : try call.read { (body) throws(MalformedBody) in try body.optionalText("workspace") }
        guard let workspace = await call.hub.workspace(name ?? Hub.defaultName) else { throw ProblemDocument(.notFound) }
        return workspace
    }

    private static func write(_ token: Secret, _ expires: UInt64, of workspace: Workspace, _ writer: inout JSONWriter) {
        writer.key("token")
        writer.string(BearerToken(workspace: workspace.name, secret: token).text)
        writer.key("expiresInMs")
        writer.integer(expires)
        writer.key("workspace")
        writer.string(workspace.name)
    }

    /// What the core said instead of an answer.
    static func problem(_ reply: HubReply) -> ProblemDocument {
        guard case .problem(let problem) = reply else { preconditionFailure("each call has its answer") }
        return ProblemDocument(problem)
    }
}
