package import LogStore

/// How long whoever wants a store's lock waits for others: for one that writes and goes longer than for one that holds the store for hours, and for several, one after the other, longest.
///
/// Times are seconds of a clock that never goes back.
package struct LockPatience {
    /// For another one that writes and goes.
    package static let writerSeconds = 5.0
    /// A watch's, which outlasts a command that waits for the hub.
    package static let watchSeconds = 120.0
    /// For one that holds the store, whoever waits.
    package static let holderSeconds = 0.5
    /// For one after the other, altogether.
    package static let queueSeconds = 60.0

    private let seconds: Double
    private let start: Double
    /// Writers that come and go are no reason to give up: that is one who stays.
    private var same: LockHolder?
    private var since: Double

    /// - Parameter seconds: for the same other one.
    package init(seconds: Double, start: Double) {
        (self.seconds, self.start, since) = (seconds, start, start)
    }

    /// Whether the lock is to be tried once more.
    ///
    /// - Parameter other: who has it; nil where that one has not said so yet.
    package mutating func lasts(against other: LockHolder?, now: Double) -> Bool {
        if let other, other != same { (same, since) = (other, same == nil ? start : now) }
        let limit = other?.isHolding == true ? Self.holderSeconds : seconds
        return now < since + limit && now < start + max(limit, Self.queueSeconds)
    }
}
