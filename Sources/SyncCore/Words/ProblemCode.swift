/// What is wrong, as a word that never changes. Texts for people are made elsewhere.
package enum ProblemCode: String, Hashable, Sendable, CaseIterable {
    // Who asks
    case tokenMissing = "token-missing"
    case tokenUnknown = "token-unknown"
    case tokenExpired = "token-expired"
    case notAllowed = "not-allowed"
    case revoked = "revoked"
    case notMaster = "not-master"
    case epochStale = "epoch-stale"
    // Enrolment
    case codeInvalid = "code-invalid"
    case codeExpired = "code-expired"
    case codeSpent = "code-spent"
    case challengeInvalid = "challenge-invalid"
    case deviceTaken = "device-taken"
    case notFound = "not-found"
    // Events
    case fork
    case gap
    case chainBroken = "chain-broken"
    case signatureInvalid = "signature-invalid"
    case contextUnclosed = "context-unclosed"
    case epochNeverGranted = "epoch-never-granted"
    case leaseMissing = "lease-missing"
    case eventTooLarge = "event-too-large"
    case eventMalformed = "event-malformed"
    // Requests
    case malformed
    case tooLarge = "too-large"
    case slowBody = "slow-body"
    case tooManyEvents = "too-many-events"
    case cursorUnrecoverable = "cursor-unrecoverable"
    case rateLimited = "rate-limited"
    case quotaExceeded = "quota-exceeded"
    case unavailable
    // Sockets
    case notRegistered = "not-registered"
    case slowReader = "slow-reader"
    case superseded
    case heartbeatMissed = "heartbeat-missed"

    /// The status of an HTTP answer.
    package var status: Int {
        switch self {
        case .malformed, .eventMalformed, .notRegistered: 400
        case .tokenMissing, .tokenUnknown, .tokenExpired, .challengeInvalid: 401
        case .notAllowed, .revoked, .notMaster, .codeInvalid, .codeExpired, .codeSpent: 403
        case .notFound: 404
        case .slowBody, .heartbeatMissed: 408
        case .fork, .gap, .deviceTaken, .epochStale, .superseded: 409
        case .cursorUnrecoverable: 410
        case .tooLarge, .tooManyEvents, .eventTooLarge: 413
        case .chainBroken, .signatureInvalid, .contextUnclosed, .epochNeverGranted, .leaseMissing: 422
        case .rateLimited, .slowReader: 429
        case .unavailable: 503
        // RFC 4918, section 11.5: there is no room for what was sent, and nothing is wrong with it.
        case .quotaExceeded: 507
        }
    }

    /// Whether the same call may succeed later, with nothing changed about it.
    package var isRetryable: Bool {
        switch self {
        case .rateLimited, .quotaExceeded, .slowBody, .unavailable, .slowReader, .heartbeatMissed: true
        default: false
        }
    }
}
