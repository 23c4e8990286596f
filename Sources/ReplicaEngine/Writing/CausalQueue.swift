internal import EventCore
internal import LogStore

/// Puts events into causal order: each comes out when nothing before it is missing any more, else stays.
///
/// Each event waits for one missing dot at a time, so that admitting a dot wakes just those that may be ready (Kahn's algorithm, with
/// the edges found as they are needed).
struct CausalQueue {
    private struct Entry {
        let event: Event
        let isOffered: Bool
    }

    private var ready: [Entry] = []
    private var next = 0
    private var blocked: [Dot: [Entry]] = [:]

    mutating func add(_ event: Event, isOffered: Bool) { ready.append(Entry(event: event, isOffered: isOffered)) }

    /// The next event whose causes have all been admitted; nil when the rest is too early.
    mutating func next<Storage>(_ admission: Admission<Storage>) -> (Event, isOffered: Bool)? {
        while next < ready.count {
            let entry = ready[next]
            next += 1
            guard let missing = admission.missing(before: entry.event) else { return (entry.event, entry.isOffered) }
            blocked[missing, default: []].append(entry)
        }
        return nil
    }

    /// Wakes what waited for this event.
    mutating func admitted(_ dot: Dot) {
        if next > 4096 && next * 2 > ready.count {
            ready.removeFirst(next)
            next = 0
        }
        if let woken = blocked.removeValue(forKey: dot) { ready += woken }
    }

    /// The offered events that are too early, in an order that depends on nothing but them.
    var offeredRest: [Event] {
        blocked.values.joined().filter(\.isOffered).map(\.event).sorted { $0.dot < $1.dot }
    }
}
