package import EventCore

/// What the clock has to know before it is asked for the time of an event.
extension Replica {
    /// The latest time of an event here, waiting ones left out, however far in the future; nil without events.
    package var latestTime: HybridTime? { table.eventCount > 0 ? HybridTime(packed: table.latestTime) : nil }

    /// Beyond so many unseen times the log is asked again rather than more of them kept.
    static var unseenLimit: Int { 4096 }

    /// Lets the clock see the times of all events here, waiting ones included. One that is too far ahead of `wall` is kept for a later look:
    /// as the wall clock goes on it may come to count.
    func observeTimes(wall: UInt64) throws(ReplicaError) {
        var times: [HybridTime] = if let unseenTimes { unseenTimes } else { try storedTimes(wall: wall) }
        times.removeAll { time in
            clock.observe(time, wall: wall)
            return clock.latest.map { $0 >= time } ?? false
        }
        unseenTimes = times
    }

    /// Takes note of the times of events that came from elsewhere; of more than `unseenLimit` no more than one is needed.
    func noteTimes(_ times: [HybridTime]) {
        unseenTimes?.append(contentsOf: times)
        if let count = unseenTimes?.count, count > Self.unseenLimit { unseenTimes = nil }
    }

    /// The latest time that is not too far ahead of `wall`, and all that are; the clock has seen the device's own.
    private func storedTimes(wall: UInt64) throws(ReplicaError) -> [HybridTime] {
        var times = waiting.events.values.map(\.time)
        guard table.eventCount > 0 else { return times }
        var latest: HybridTime? = HybridTime(packed: table.latestTime)
        let limit = wall &+ Limits.clockSkewMilliseconds
        if table.latestTime >> 16 > limit {
            // A clock far in the future is in the log: look for the latest one that is not.
            latest = nil
            try events(from: Position(0)) { (logged) throws(ReplicaError) in
                let time = logged.event.time
                if logged.event.dot.device == device { clock.resume(after: time) }
                if time.milliseconds > limit { times.append(time) } else { latest = max(latest ?? time, time) }
                return true
            }
        }
        return times + (latest.map { [$0] } ?? [])
    }
}
