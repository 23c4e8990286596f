internal import EventCore

/// What a request is refused with: a problem document of RFC 9457 with stable names beside it.
struct Problem: Error, Sendable {
    let status: Int
    /// A stable name for programs.
    let code: String
    let detail: String
    /// Whether the same request may succeed later.
    var isRetryable = false
    var retryAfterMilliseconds: Int?
    /// Which device's events a gap is in, and the seq that should have come.
    var expected: Dot?
    /// Where malformed JSON stopped.
    var place: (line: Int, column: Int)?
    /// Methods that the resource has.
    var allow: String?

    init(_ status: Int, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// The members of the document, into an object that has begun.
    func write(to writer: inout JSONWriter) {
        writer.key("type")
        writer.string("urn:syncline:problem:\(code)")
        writer.key("title")
        writer.string(Self.title(status))
        writer.key("status")
        writer.integer(status)
        writer.key("code")
        writer.string(code)
        writer.key("detail")
        writer.string(detail)
        writer.key("retryable")
        writer.boolean(isRetryable)
        if let retryAfterMilliseconds {
            writer.key("retryAfterMs")
            writer.integer(retryAfterMilliseconds)
        }
        if let expected {
            writer.key("device")
            writer.device(expected.device)
            writer.key("expected")
            writer.integer(expected.seq)
        }
        if let place {
            writer.key("line")
            writer.integer(place.line)
            writer.key("column")
            writer.integer(place.column)
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 429: "Too Many Requests"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}

// MARK: - Those that there are

extension Problem {
    static func malformed(_ error: JSONError) -> Problem {
        var problem = Problem(400, "malformed", ErrorSentences.json(error))
        problem.place = (error.line, error.column)
        return problem
    }

    static func invalid(_ detail: String) -> Problem { Problem(400, "invalid", detail) }

    static func gap(expected: Dot) -> Problem {
        var problem = Problem(409, "gap", "the next event of \(expected.device) has seq \(expected.seq); nothing of the push was taken")
        problem.expected = expected
        return problem
    }

    static func fork(_ dot: Dot) -> Problem {
        Problem(409, "fork", "another event is named \(dot): the device's identity was used in two places")
    }

    static let noToken = Problem(401, "no-token", "the request needs `Authorization: Bearer TOKEN` of an enrolled device")
    static let badToken = Problem(401, "token-expired", "the token is unknown or has expired: open a new session with the device's key")
    static let revoked = Problem(403, "revoked", "this device was revoked")
    static let readerPush = Problem(403, "reader", "a reader pulls only")
    static let notMaster = Problem(403, "not-master", "only the workspace's master may do this")
    static let noSuchDevice = Problem(404, "no-such-device", "no such device is enrolled here")
    static let unknownRoute = Problem(404, "no-such-route", "there is nothing here; /openapi.json lists what there is")
    static let badCode = Problem(403, "bad-code", "the code is unknown, was used or has expired: ask for a new one with `syncline invite`")
    static let tooLarge = Problem(413, "too-large", "a push has at most \(HubLimits.bodyBytes) bytes and \(HubLimits.pushEvents) events: send several")
    static let cursorLost = Problem(
        410, "cursor-unrecoverable", "the cursor is not one of this log: pull from the start, then push what the hub lacks")
    static let wrongMediaType = Problem(415, "media-type", "the body is application/json or application/vnd.syncline.events")

    static func internalFailure(_ detail: String) -> Problem {
        var problem = Problem(503, "unavailable", detail)
        problem.isRetryable = true
        problem.retryAfterMilliseconds = 1000
        return problem
    }

    static func tooMany(retryAfterMilliseconds: Int) -> Problem {
        var problem = Problem(429, "too-many-requests", "this device sends too much")
        problem.isRetryable = true
        problem.retryAfterMilliseconds = retryAfterMilliseconds
        return problem
    }
}
