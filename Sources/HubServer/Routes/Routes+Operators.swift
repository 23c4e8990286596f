internal import EventCore
internal import HTTPTypes
internal import SyncCore

extension Routes {
    static let operators: [Route] = [
        Route(.get, "/health/live", "Whether the process answers", access: .anyone) { (_) throws(ProblemDocument) in
            Answer { writer in
                writer.key("status")
                writer.string("live")
            }
        },
        Route(.get, "/health/ready", "Whether all workspaces are open", access: .anyone) { (call) throws(ProblemDocument) in
            let names = await call.hub.names
            return Answer { writer in
                writer.key("status")
                writer.string("ready")
                writer.key("workspaces")
                writer.integer(names.count)
            }
        },
        Route(.get, "/metrics", "Counts for operators, in the text format of Prometheus", access: .anyone, gives: ["text/plain"]) {
            (call) throws(ProblemDocument) in
            var numbers: [WorkspaceNumbers] = []
            for workspace in await call.hub.all { numbers.append(await workspace.numbers) }
            return Answer(mediaType: Metrics.mediaType, body: Array(Metrics.text(call.traffic.counts, numbers).utf8))
        },
        Route(.get, "/openapi.json", "This document", access: .anyone) { (_) throws(ProblemDocument) in
            Answer(body: OpenAPI.document(of: Routes.all))
        },
        Route(
            .get, SocketUpgrade.path, "A WebSocket: the answer is the upgrade", status: 101, gives: [],
            messages: DeviceMessage.Kind.allCases.map(\.rawValue)
        ) { (_) throws(ProblemDocument) in
            throw ProblemDocument(426, "upgrade-required", "this is a WebSocket, of version 13")
        },
    ]
}
