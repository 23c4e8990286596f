internal import EventCore
internal import ReplicaEngine

/// The newest events of a log, without a gap up to its end: what devices that are nearly up to date ask for.
struct RecentEvents {
    private var events: [LoggedEvent] = []
    private static let limit = 4096

    /// Adds what was appended, in the order of the log.
    mutating func add(_ appended: [LoggedEvent]) {
        guard let first = appended.first else { return }
        if let last = events.last, last.position.index + 1 != first.position.index { events = [] }
        events += appended
        if events.count > 2 * Self.limit { events.removeFirst(events.count - Self.limit) }
    }

    /// The events from a position on, at most `limit`, and no more once they have `LogLimits.pageBytes`; nil when older ones are asked for.
    func from(_ position: UInt64, limit: Int) -> [LoggedEvent]? {
        guard let first = events.first?.position.index, position >= first else { return nil }
        var taken: [LoggedEvent] = []
        var byteCount = 0
        for event in events.dropFirst(Int(position - first)).prefix(limit) where byteCount < LogLimits.pageBytes {
            taken.append(event)
            byteCount += event.event.canonicalJSON.count
        }
        return taken
    }
}
