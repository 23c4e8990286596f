internal import EventCore
internal import ReplicaEngine

/// What a route answers.
struct Answer: Sendable {
    var status = 200
    var mediaType = Answer.json
    var body: [UInt8] = []
    var headers: [(name: String, value: String)] = []

    static let json = "application/json"

    init(status: Int = 200, mediaType: String = Answer.json, body: [UInt8] = []) {
        self.status = status
        self.mediaType = mediaType
        self.body = body
    }

    /// One JSON object.
    init(status: Int = 200, _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        self.init(status: status, body: writer.bytes)
    }

    init(_ problem: ProblemDocument) {
        self.init(status: problem.status, mediaType: "application/problem+json", body: problem.json)
        if let allow = problem.allow { headers.append(("allow", allow)) }
        if problem.status == 401 { headers.append(("www-authenticate", "Bearer")) }
        if let milliseconds = problem.retryAfterMilliseconds { headers.append(("retry-after", "\((milliseconds + 999) / 1000)")) }
    }
}
