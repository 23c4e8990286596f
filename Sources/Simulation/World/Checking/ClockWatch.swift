package import EventCore

/// The times that a store gives its own events.
package struct ClockWatch {
    private let place: String
    private var last: HybridTime?
    /// The latest that its wall clock ever showed.
    private var latestWall: UInt64 = 0

    package init(_ place: String) { self.place = place }

    /// The store's log is another one now; its own last event has this time.
    package mutating func restart(_ last: HybridTime?) { self.last = last }

    /// - Parameters:
    ///   - time: of the store's next own event.
    ///   - wall: what its clock showed.
    package mutating func wrote(_ time: HybridTime, wall: UInt64) throws(Violation) {
        latestWall = max(latestWall, wall)
        if let last, time <= last { throw Violation(.neverBack, "\(place) wrote at \(time.packed), and at \(last.packed) before") }
        // Somebody else's clock pulls it along by no more than that.
        let limit = max(latestWall + Limits.clockSkewMilliseconds, last?.milliseconds ?? 0) + 1
        guard time.milliseconds <= limit else {
            throw Violation(.neverBack, "\(place) wrote at \(time.milliseconds), pulled far into the future; its clock shows \(wall)")
        }
        last = time
    }
}
