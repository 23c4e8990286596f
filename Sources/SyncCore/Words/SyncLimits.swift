/// Every limit and interval of the hub, shown in `/sync/status`.
package struct SyncLimits: Hashable, Sendable {
    /// Of a request.
    package var bodyBytes = 8 * 1024 * 1024
    /// How long a connection's first request may take to begin, its header included.
    package var headMilliseconds: UInt64 = 20_000
    /// How long a request's body may take to come.
    package var bodyMilliseconds: UInt64 = 60_000
    /// How long a connection may be silent between requests; longer than a pull may wait.
    package var idleMilliseconds: UInt64 = 75_000
    /// Events of one push, and of one page of a pull.
    package var events = 10_000
    /// A page of a pull is closed when its events have so many bytes.
    package var pageBytes = 4 * 1024 * 1024
    /// Of one message on a socket.
    package var messageBytes = 512 * 1024
    /// Bytes and messages that a socket has not taken yet: beyond, the reader is too slow.
    package var queuedBytes = 4 * 1024 * 1024
    package var queuedMessages = 1024
    /// Of a workspace's log; nil where it may grow as long as the disk lets it.
    package var quotaBytes: UInt64?
    /// When a push that found no room may be tried again.
    package var quotaRetryMilliseconds: UInt64 = 30_000
    /// How long a pull may wait for news.
    package var waitMilliseconds: UInt64 = 60_000

    package var nonceMilliseconds: UInt64 = 60_000
    package var tokenMilliseconds: UInt64 = 3_600_000
    /// A one-time code that says nothing else.
    package var codeMilliseconds: UInt64 = 3_600_000

    package var heartbeatMilliseconds: UInt64 = 5_000
    /// How long a lease lasts after the heartbeat that renewed it came in: another device leads within two heartbeats.
    package var leaseMilliseconds: UInt64 = 9_000
    /// A critical event is sent again so long after the attempt before.
    package var redeliveryMilliseconds: [UInt64] = [1_000, 5_000, 30_000, 120_000]

    /// A device's calls and events a second, and how many it may save up.
    package var callsPerSecond = 50
    package var callsAtOnce = 200
    package var eventsPerSecond = 1_000_000
    package var eventsAtOnce = 4_000_000
    /// Calls of those who are not known yet, all together.
    package var strangersPerSecond = 20
    package var strangersAtOnce = 100
    /// Waiting pulls of one device.
    package var waitsPerDevice = 4

    package init() {}

    /// Silent for so long, a device counts as offline: two heartbeats missed.
    package var silenceMilliseconds: UInt64 { 2 * heartbeatMilliseconds + heartbeatMilliseconds / 2 }
}
