/// Both clocks of a machine, read at once.
package struct ClockReading: Hashable, Sendable {
    /// Of a clock that never goes back, counted from any moment: for leases, heartbeats and retries.
    package var milliseconds: UInt64
    /// Since 1970: for what outlives a process, like tokens and codes.
    package var wall: UInt64

    package init(milliseconds: UInt64, wall: UInt64) {
        self.milliseconds = milliseconds
        self.wall = wall
    }
}
