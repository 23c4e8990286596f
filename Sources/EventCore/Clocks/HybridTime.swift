/// A hybrid logical clock's reading: milliseconds since 1970 and a tick that orders events within one.
///
/// For people and for the display order; never for deciding what overwrites what.
/// Source: S. Kulkarni et al., "Logical Physical Clocks" (2014).
public struct HybridTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, below 2^48.
    public let milliseconds: UInt64
    /// Orders events within one millisecond.
    public let tick: UInt16

    /// - Throws: `.timeOutOfRange` from 2^48 ms on.
    public init(milliseconds: UInt64, tick: UInt16 = 0) throws(EventError) {
        guard milliseconds < Limits.timeMilliseconds else { throw .timeOutOfRange }
        self.milliseconds = milliseconds
        self.tick = tick
    }

    /// The inverse of `packed`: milliseconds above 16 bits of tick.
    package init(packed: UInt64) {
        milliseconds = packed >> 16
        tick = UInt16(truncatingIfNeeded: packed)
    }

    /// Milliseconds above 16 bits of tick, so that comparing numbers compares times.
    package var packed: UInt64 { milliseconds << 16 | UInt64(tick) }

    /// By milliseconds, then by tick.
    public static func < (left: Self, right: Self) -> Bool { left.packed < right.packed }
}
