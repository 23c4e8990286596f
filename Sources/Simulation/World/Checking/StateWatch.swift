package import EventCore

/// What stores show, by the events that they hold.
package struct StateWatch {
    /// A store's events and its canonical dump.
    package struct State {
        package let events: [Event]
        package let dump: [UInt8]

        package init(events: [Event], dump: [UInt8]) {
            self.events = events
            self.dump = dump
        }
    }

    private var known: [Set<Event>: (dump: [UInt8], place: String)] = [:]

    package init() {}

    /// Compares a store with those of the same events.
    package mutating func add(_ state: State, at place: String) throws(Violation) {
        let events = Set(state.events)
        guard events.count == state.events.count else { throw Violation(.oneEventPerDot, "\(place) has an event twice") }
        if let other = known[events], other.dump != state.dump {
            throw Violation(.equalEventsEqualState, "\(place) and \(other.place) have the same events, and show something else")
        }
        known[events] = (state.dump, place)
    }
}
