package import EventCore

/// What a node's log holds: the names of its events in order, and how many of them are acknowledged.
package struct Ledger {
    let place: String
    package private(set) var order: [Dot] = []
    /// So many of them somebody was told of.
    package private(set) var acknowledged = 0
    private var applied: [DeviceID: UInt64] = [:]
    /// Events that wait there, acknowledged.
    private var waiting: Set<Dot> = []

    package init(_ place: String) { self.place = place }

    package var count: Int { order.count }

    /// Whether an event is in the log.
    package func has(_ dot: Dot) -> Bool { (applied[dot.device] ?? 0) >= dot.seq }

    /// Whether an event is in the log or waits.
    package func holds(_ dot: Dot) -> Bool { has(dot) || waiting.contains(dot) }

    /// The device's last event in the log; 0 without one.
    package func lastSeq(of device: DeviceID) -> UInt64 { applied[device] ?? 0 }

    package var vector: [DeviceID: UInt64] { applied }

    /// Adds what was appended; each after everything that it builds on.
    package mutating func append(_ dots: [Dot], _ registry: Registry) throws(Violation) {
        for dot in dots {
            guard dot.seq == lastSeq(of: dot.device) + 1 else {
                throw Violation(.causalOrder, "\(place) has \(dot) behind \(lastSeq(of: dot.device)), at \(order.count)")
            }
            guard registry.isKnown(dot) else {
                throw Violation(.recoveredIsPrefix, "nobody has written \(dot), which \(place) has")
            }
            if let missing = registry.missing(before: dot, has) {
                throw Violation(.causalOrder, "\(place) has \(dot) before \(missing), at \(order.count)")
            }
            order.append(dot)
            applied[dot.device] = dot.seq
            waiting.remove(dot)
        }
    }

    /// All of it is durable.
    package mutating func acknowledge() { acknowledged = order.count }

    /// Takes note of events that were acknowledged and wait.
    package mutating func wait(_ dots: some Sequence<Dot>) { waiting.formUnion(dots.filter { !has($0) }) }

    /// Compares what an opened log holds, and goes on with that: all that was acknowledged in its order, and behind it what may be there.
    package mutating func recover(_ dots: [Dot], waiting kept: [Dot], _ registry: Registry) throws(Violation) {
        if dots.count < acknowledged {
            throw Violation(.acknowledgedIsPresent, "\(place) has \(dots.count) events of \(acknowledged), and not \(order[dots.count])")
        }
        if let index = zip(order, dots).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            throw Violation(.recoveredIsPrefix, "\(place) has \(dots[index]) in the place of \(order[index]), at \(index)")
        }
        for dot in order.dropFirst(dots.count).reversed() { applied[dot.device] = dot.seq > 1 ? dot.seq - 1 : nil }
        order = Array(order.prefix(dots.count))
        try append(Array(dots[order.count...]), registry)
        acknowledge()
        let keptDots = Set(kept)
        if let lost = waiting.filter({ !has($0) && !keptDots.contains($0) }).min() {
            throw Violation(.acknowledgedIsPresent, "\(place) has lost \(lost), which waited")
        }
        waiting = keptDots.filter { !has($0) }
    }
}
