internal import SyncCore

/// What differs from run to run and comes in from outside: the clocks, and who this process is.
package struct HubClock: Sendable {
    package let process: Int32
    /// Milliseconds since 1970.
    let wall: @Sendable () -> UInt64
    /// Milliseconds of a clock that never goes back.
    let monotonic: @Sendable () -> UInt64

    package init(process: Int32, wall: @escaping @Sendable () -> UInt64, monotonic: @escaping @Sendable () -> UInt64) {
        self.process = process
        self.wall = wall
        self.monotonic = monotonic
    }

    var reading: ClockReading { ClockReading(milliseconds: monotonic(), wall: wall()) }
}
