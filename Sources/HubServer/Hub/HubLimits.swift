/// What the hub takes from one caller, all shown in `/sync/status`.
enum HubLimits {
    /// Bytes of a request's body, unpacked.
    static let bodyBytes = 8 * 1024 * 1024
    /// Events of a push.
    static let pushEvents = 10_000
    /// Events of a pull's answer: what it has without `limit`, and at most.
    static let pullEvents = 1000
    static let pullEventsLimit = 10_000
    /// A pull's answer is closed when its events have so many bytes.
    static let pullBytes = 4 * 1024 * 1024
    /// Bytes of a WebSocket message.
    static let messageBytes = 512 * 1024
    /// Seconds that a pull waits at most.
    static let waitSeconds = 60
    /// Milliseconds.
    static let tokenLife: UInt64 = 60 * 60 * 1000
    static let nonceLife: UInt64 = 60 * 1000
    /// Bytes of a device's name.
    static let nameBytes = 255
    /// Wrong codes or signatures a minute, over all callers of a workspace.
    static let failuresPerMinute = 60
    /// Requests of one device a minute.
    static let requestsPerMinute = 6000
    /// Events that cannot be taken, in one push: beyond, the push as a whole is refused.
    static let rejectionsPerPush = 16
}
