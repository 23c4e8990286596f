internal import SyncCore

/// What the shell around the core takes from one caller. What the core limits stands in `SyncLimits`.
enum HubLimits {
    private static let core = SyncLimits()
    /// Bytes of a request's body, unpacked.
    static let bodyBytes = core.bodyBytes
    /// Events of a push.
    static let pushEvents = core.events
    /// Events of a pull's answer where no limit is named.
    static let pullEvents = 1000
    /// An answer with fewer bytes is not packed.
    static let packedBytes = 32 * 1024
    /// Bytes of a WebSocket message.
    static let messageBytes = core.messageBytes
    /// Seconds that a pull waits at most.
    static let waitSeconds = Int(core.waitMilliseconds / 1000)
}
