extension Routes {
    static let operators: [Route] = [
        Route(.get, "/health/live", "Whether the process answers", access: .anyone) { (_) throws(Problem) in
            Answer { writer in
                writer.key("status")
                writer.string("live")
            }
        },
        Route(.get, "/health/ready", "Whether all workspaces are open", access: .anyone) { (call) throws(Problem) in
            let names = await call.hub.names
            return Answer { writer in
                writer.key("status")
                writer.string("ready")
                writer.key("workspaces")
                writer.integer(names.count)
            }
        },
    ]
}
