package import EventCore

/// A record as the set of its events.
package struct ReferenceRecord {
    package let key: RecordKey
    package let events: [Event]
    /// The contexts of `events`, in their order.
    private let contexts: [[DeviceID: UInt64]]
    /// Per field what was written and not overwritten: by a write of the field, or a delete, that had seen it.
    package private(set) var fields: [Name: Set<ReferenceModel.Entry>] = [:]

    package init(key: RecordKey, events: [Event]) {
        self.key = key
        self.events = events
        contexts = events.map(Self.context)
        fields = liveEntries()
    }

    static func covers(_ context: [DeviceID: UInt64], _ dot: Dot) -> Bool { (context[dot.device] ?? 0) >= dot.seq }

    static func context(_ event: Event) -> [DeviceID: UInt64] {
        var context: [DeviceID: UInt64] = [:]
        for entry in event.context.entries { context[entry.device] = entry.seq }
        return context
    }

    private func isCovered(_ dot: Dot, by isRelevant: (Event) -> Bool) -> Bool {
        events.indices.contains { events[$0].dot != dot && Self.covers(contexts[$0], dot) && isRelevant(events[$0]) }
    }

    /// The join of all contexts and dots.
    package var clock: [DeviceID: UInt64] {
        var clock: [DeviceID: UInt64] = [:]
        for (event, context) in zip(events, contexts) {
            for (device, seq) in context { clock[device] = max(clock[device] ?? 0, seq) }
            clock[event.dot.device] = max(clock[event.dot.device] ?? 0, event.dot.seq)
        }
        return clock
    }

    /// What no other event's context covers.
    package var heads: Set<Dot> { Set(events.map(\.dot).filter { dot in !isCovered(dot) { _ in true } }) }

    /// Deletes that no other event's context covers.
    package var tombstones: Set<Dot> {
        Set(events.filter { $0.body == .delete }.map(\.dot).filter { dot in !isCovered(dot) { _ in true } })
    }

    private func liveEntries() -> [Name: Set<ReferenceModel.Entry>] {
        var fields: [Name: Set<ReferenceModel.Entry>] = [:]
        for event in events {
            guard case .write(let set, let unset) = event.body else { continue }
            let entries = set.map { ($0.field, Optional($0.value)) } + unset.map { ($0, nil) }
            for (field, value) in entries where !isCovered(event.dot, by: { Self.writes($0, field) }) {
                fields[field, default: []].insert(ReferenceModel.Entry(dot: event.dot, value: value))
            }
        }
        return fields
    }

    private static func writes(_ event: Event, _ field: Name) -> Bool {
        guard case .write(let set, let unset) = event.body else { return true }
        return set.contains { $0.field == field } || unset.contains(field)
    }

    package var hasLiveValue: Bool { fields.values.contains { $0.contains { $0.value != nil } } }
    package var isDeleted: Bool { !tombstones.isEmpty && !hasLiveValue }
    package var isDeleteAgainstEdit: Bool { !tombstones.isEmpty && hasLiveValue }

    /// The contested fields.
    package var contested: [Name] { fields.filter { Set($0.value.map(\.value)).count > 1 }.map(\.key) }

    package var isInConflict: Bool { isDeleteAgainstEdit || !contested.isEmpty }

    /// The entry of the greatest rank: time, tick, device bytes, seq.
    package func shown(_ field: Name) -> FieldValue? {
        let byDot = Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0) })
        func rank(_ entry: ReferenceModel.Entry) -> [UInt64] {
            guard let time = byDot[entry.dot]?.time else { return [] }
            return [time.milliseconds, UInt64(time.tick), entry.dot.device.high, entry.dot.device.low, entry.dot.seq]
        }
        return (fields[field] ?? []).max { rank($0).lexicographicallyPrecedes(rank($1)) }?.value
    }

    /// The record after just the events of which every one of these had seen.
    package func base(of dots: some Collection<Dot>) -> ReferenceRecord {
        let contexts = events.filter { dots.contains($0.dot) }.map(Self.context)
        return ReferenceRecord(key: key, events: events.filter { event in contexts.allSatisfy { Self.covers($0, event.dot) } })
    }

    /// The fold of an event's context and itself.
    package func at(_ dot: Dot) -> ReferenceRecord {
        let context = events.first { $0.dot == dot }.map(Self.context) ?? [:]
        return ReferenceRecord(key: key, events: events.filter { $0.dot == dot || Self.covers(context, $0.dot) })
    }

    /// The events whose time, and that of all they cover, is not later.
    package func at(milliseconds: UInt64) -> ReferenceRecord {
        func isLate(_ event: Event) -> Bool { event.time.milliseconds > milliseconds }
        return ReferenceRecord(
            key: key,
            events: events.filter { event in
                let context = Self.context(event)
                return !isLate(event) && !events.contains { Self.covers(context, $0.dot) && isLate($0) }
            })
    }

    /// The events that disagree: those of contested entries, and where delete stands against edit the deletes, and the edits whose values are
    /// live; one that a later one of these has seen is part of that one's side.
    package var sides: Set<Dot> {
        let contestedDots = contested.flatMap { fields[$0] ?? [] }.map(\.dot)
        guard isDeleteAgainstEdit else { return Set(contestedDots) }
        let edits = fields.values.joined().filter { $0.value != nil }.map(\.dot)
        let newest = edits.filter { dot in !isCovered(dot) { edits.contains($0.dot) } }
        return tombstones.union(contestedDots).union(newest)
    }
}
