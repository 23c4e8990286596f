/// The clock a store writes by: never back, later than everything seen that is not absurdly far ahead.
///
/// Pure: the wall clock's reading comes in as an argument.
public struct HybridClock: Sendable, Hashable {
    /// The latest time written or seen, far-future ones left out.
    public private(set) var latest: HybridTime?

    /// A clock that has seen nothing.
    public init() {}

    /// Takes note of an event's time. One further ahead of `wall` than `Limits.clockSkewMilliseconds` does not pull the clock along.
    public mutating func observe(_ time: HybridTime, wall: UInt64) {
        guard time.milliseconds <= wall &+ Limits.clockSkewMilliseconds else { return }
        latest = max(latest ?? time, time)
    }

    /// Goes on behind an event that was written by this clock, however far ahead of the wall clock: one that was set back never takes a store's own times back.
    public mutating func resume(after time: HybridTime) { latest = max(latest ?? time, time) }

    /// The time for the next event; a full tick adds a millisecond.
    ///
    /// - Throws: `.timeOutOfRange` when 2^48 ms are used up.
    public mutating func next(wall: UInt64) throws(EventError) -> HybridTime {
        let now = try HybridTime(milliseconds: wall)
        guard let last = latest, last >= now else {
            latest = now
            return now
        }
        let following =
            if last.tick < .max { try HybridTime(milliseconds: last.milliseconds, tick: last.tick + 1) } else {
                try HybridTime(milliseconds: last.milliseconds + 1)
            }
        latest = following
        return following
    }
}
