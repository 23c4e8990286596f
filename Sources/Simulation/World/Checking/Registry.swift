package import EventCore

/// Every event that was ever seen in a world, by its name: there is one text to a name, but for devices whose folder was cloned or put back.
package struct Registry {
    /// An event as it was first seen.
    package struct Entry {
        package let event: Event
        let text: [UInt8]
        /// The context and the device's event before, as names.
        let causes: [Dot]
    }

    private var entries: [Dot: [Entry]] = [:]
    /// Devices that an honest owner may have run twice.
    package private(set) var forkable: Set<DeviceID> = []

    package init() {}

    package var count: Int { entries.count }

    package mutating func allowForks(of device: DeviceID) { forkable.insert(device) }

    /// Takes note of an event that somebody wrote, or compares it with what is known by its name.
    package mutating func see(_ event: Event, at place: String) throws(Violation) {
        let text = event.canonicalJSON
        guard let known = entries[event.dot] else {
            entries[event.dot] = [Self.entry(event, text)]
            return
        }
        guard !known.contains(where: { $0.text == text }) else { return }
        guard forkable.contains(event.dot.device) else {
            throw Violation(.oneEventPerDot, "\(place) has another \(event.dot) than \(known[0].event.time.milliseconds)")
        }
        entries[event.dot]?.append(Self.entry(event, text))
    }

    /// Compares an event that nobody can have written just now.
    package mutating func recognize(_ event: Event, at place: String) throws(Violation) {
        guard entries[event.dot] != nil else { throw Violation(.recoveredIsPrefix, "nobody has written \(event.dot), which \(place) has") }
        try see(event, at: place)
    }

    /// What is missing before an event, whichever of those of its name it is; nil when nothing is.
    func missing(before dot: Dot, _ isThere: (Dot) -> Bool) -> Dot? {
        let missing = entries[dot]?.map { $0.causes.first { !isThere($0) } } ?? []
        return missing.contains(nil) ? nil : missing.first ?? nil
    }

    package func isKnown(_ dot: Dot) -> Bool { entries[dot] != nil }

    /// An event by its name, as it was first seen.
    package func event(_ dot: Dot) -> Event? { entries[dot]?.first?.event }

    /// All names, sorted.
    package var dots: [Dot] { entries.keys.sorted() }

    private static func entry(_ event: Event, _ text: [UInt8]) -> Entry {
        let before = event.dot.seq > 1 ? [Dot(device: event.dot.device, seq: event.dot.seq - 1)] : []
        return Entry(event: event, text: text, causes: event.context.entries + before)
    }
}
