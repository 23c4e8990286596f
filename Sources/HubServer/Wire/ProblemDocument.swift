internal import EventCore
internal import SyncCore

/// What a request is refused with: a problem document of RFC 9457 with stable names beside it.
struct ProblemDocument: Error, Sendable {
    let status: Int
    /// A stable name for programs.
    let code: String
    let detail: String
    /// Whether the same request may succeed later.
    var isRetryable = false
    var retryAfterMilliseconds: UInt64?
    /// The event that should have come, of a gap.
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

    init(_ problem: Problem) {
        self.init(problem.code.status, problem.code.rawValue, problem.code.detail)
        isRetryable = problem.code.isRetryable
        retryAfterMilliseconds = problem.retryAfterMilliseconds
        expected = problem.expected
    }

    init(_ code: ProblemCode) { self.init(Problem(code)) }

    /// The members of the document, into an object that has begun.
    func write(to writer: inout JSONWriter) {
        writer.key("type")
        writer.string("urn:syncline:problem:\(code)")
        writer.key("title")
        writer.string(code.split(separator: "-").joined(separator: " "))
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
}

// MARK: - Those of the shell

extension ProblemDocument {
    static func malformed(_ error: JSONError) -> ProblemDocument {
        var problem = ProblemDocument(400, ProblemCode.malformed.rawValue, ErrorSentences.json(error))
        problem.place = (error.line, error.column)
        return problem
    }

    static func malformed(_ detail: String) -> ProblemDocument { ProblemDocument(400, ProblemCode.malformed.rawValue, detail) }

    static let unknownRoute = ProblemDocument(404, "no-such-route", "there is nothing here; /openapi.json lists what there is")

    static func slowBody(_ milliseconds: Int64) -> ProblemDocument {
        let code = ProblemCode.slowBody
        var problem = ProblemDocument(
            code.status, code.rawValue, "the request's body did not come within \(milliseconds) ms: send less at once")
        problem.isRetryable = code.isRetryable
        return problem
    }

    static let wrongMediaType = ProblemDocument(415, "media-type", "the body is none of those that /openapi.json names")
}

extension ProblemCode {
    /// What is wrong, for people.
    var detail: String {
        switch self {
        case .tokenMissing: "the request needs `Authorization: Bearer TOKEN` of an enrolled device"
        case .tokenUnknown: "the token is none of this hub's: open a new session with the device's key"
        case .tokenExpired: "the token has expired: open a new session with the device's key"
        case .notAllowed: "this device's role does not allow it"
        case .revoked: "this device was revoked"
        case .notMaster: "only the device that holds the lease may do this, and names its epoch"
        case .epochStale: "the lease that this was asked under is over"
        case .codeInvalid: "the code is unknown: ask for a new one with `syncline invite`"
        case .codeExpired: "the code has expired: ask for a new one with `syncline invite`"
        case .codeSpent: "the code was used by another device: ask for a new one with `syncline invite`"
        case .challengeInvalid: "the nonce is unknown, was used, or has expired"
        case .deviceTaken: "this device is enrolled with another key"
        case .notFound: "no such device is enrolled here"
        case .fork: "other events have these names: the device's identity was used in two places"
        case .gap: "an event is missing before these; nothing of the push was taken"
        case .chainBroken: "the events are not those that the device's chain names"
        case .signatureInvalid: "it is not signed with the device's key"
        case .contextUnclosed: "the context names an event that is not of this record, or leaves out what a named one had seen"
        case .epochNeverGranted: "the event names a lease that the device never had"
        case .leaseMissing: "a device that has joined writes policies under a lease only, and the event names none"
        case .eventTooLarge: "an event is too large"
        case .eventMalformed: "the event is none that a store writes"
        case .malformed: "the request is malformed"
        case .tooLarge: "a request has at most \(HubLimits.bodyBytes) bytes: send several"
        case .slowBody: "the request's body did not come in time: send less at once"
        case .tooManyEvents: "a push has at most \(HubLimits.pushEvents) events: send several"
        case .cursorUnrecoverable: "the cursor is not one of this log: pull from the start, then push what the hub lacks"
        case .rateLimited: "too much is asked in too little time"
        case .quotaExceeded: "the workspace has no room for these events: nothing of the push was taken, and pulls go on"
        case .unavailable: "the hub cannot answer now"
        case .notRegistered: "the socket's first message is register_device"
        case .slowReader: "the socket did not take what was sent: pull finds everything"
        case .superseded: "the device has opened another socket"
        case .heartbeatMissed: "nothing came for two heartbeats"
        }
    }
}
