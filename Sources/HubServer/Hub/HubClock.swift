/// What differs from run to run and comes in from outside: the wall clock, and who this process is.
package struct HubClock: Sendable {
    /// Milliseconds since 1970.
    package let now: @Sendable () -> UInt64
    package let process: Int32

    package init(process: Int32, now: @escaping @Sendable () -> UInt64) {
        self.process = process
        self.now = now
    }
}
