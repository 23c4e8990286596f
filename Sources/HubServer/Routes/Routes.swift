internal import HTTPTypes

/// Every route of the hub.
enum Routes {
    static let all: [Route] = devices + sync + operators

    static func find(_ method: HTTPRequest.Method, path: String) throws(ProblemDocument) -> (route: Route, parameters: [String: Substring])
    {
        let words = path.split(separator: "/")
        let fitting = all.compactMap { route in route.match(words).map { (route, $0) } }
        guard !fitting.isEmpty else { throw .unknownRoute }
        if let found = fitting.first(where: { $0.0.method == method }) { return found }
        let methods = fitting.map(\.0.method.rawValue).sorted().joined(separator: ", ")
        var problem = ProblemDocument(405, "wrong-method", "this takes \(methods)")
        problem.allow = methods
        throw problem
    }
}
