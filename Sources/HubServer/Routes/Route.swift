internal import HTTPTypes

/// One call that the hub answers. The table of them is what is served and what `/openapi.json` says.
struct Route: Sendable {
    enum Access: Sendable {
        case anyone
        /// A device with a token.
        case device
    }

    let method: HTTPRequest.Method
    /// With parameters in braces: `/devices/{id}`.
    let path: String
    let summary: String
    let access: Access
    /// Of an answer that is no problem.
    let status: Int
    let parameters: [Parameter]
    /// Bodies that it takes; none when empty.
    let takes: [String]
    let gives: [String]
    /// The schema of what it gives as JSON, among the document's; nil where none is written down.
    let schema: String?
    /// Types of messages that a socket takes from a device.
    let messages: [String]
    let handle: @Sendable (Call) async throws(ProblemDocument) -> Answer

    struct Parameter: Sendable {
        let name: String
        let type: String
        let summary: String
    }

    init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, access: Access = .device, status: Int = 200,
        parameters: [Parameter] = [],
        takes: [String] = [], gives: [String] = [Answer.json], schema: String? = nil, messages: [String] = [],
        handle: @escaping @Sendable (Call) async throws(ProblemDocument) -> Answer
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.status = status
        self.parameters = parameters
        self.takes = takes
        self.gives = gives
        self.schema = schema
        self.messages = messages
        self.handle = handle
    }

    /// The values of the parameters when `path` is one of this route's.
    func match(_ path: [Substring]) -> [String: Substring]? {
        let parts = self.path.split(separator: "/")
        guard parts.count == path.count else { return nil }
        var values: [String: Substring] = [:]
        for (part, word) in zip(parts, path) {
            if part.hasPrefix("{") { values[String(part.dropFirst().dropLast())] = word } else if part != word { return nil }
        }
        return values
    }
}
