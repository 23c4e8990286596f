package import EventCore
internal import LogStore

/// Where what a field shows comes from.
package struct FieldOrigin: Sendable {
    /// A live or overwritten entry of the field, or a delete, and the event that wrote it.
    package struct Entry: Sendable {
        package let logged: LoggedEvent
        /// nil for *removed*, and for a delete.
        package let value: FieldValue?

        package var event: Event { logged.event }
        package var isDelete: Bool { event.body == .delete }
    }

    package let key: RecordKey
    package let field: Name
    /// The event that wrote what is shown; the delete where the field fell to one.
    package let writer: Entry
    /// What it overwrote: the field's entries as the writer saw them.
    package let overwrote: [Entry]
    /// Other live entries with the same value.
    package let agrees: [Entry]
    /// Live entries with another value, and live deletes; greatest rank first.
    package let contests: [Entry]
    /// Of the events that all who contest had seen, the one of the greatest rank that no other of them had seen; nil where there is none, or no contest.
    package let lastKnownToAll: LoggedEvent?

    /// - Parameters:
    ///   - history: the record's events, oldest first.
    ///   - record: what they fold to, with all times.
    init?(_ field: Name, _ history: [LoggedEvent], _ record: Record) throws(ReplicaError) {
        let byDot = Dictionary(uniqueKeysWithValues: history.map { ($0.event.dot, $0) })
        func entries(_ versions: [Version]) -> [Entry] {
            versions.compactMap { version in byDot[version.dot].map { Entry(logged: $0, value: version.value) } }
                .sorted { $0.event.rank > $1.event.rank }
        }
        func events(_ isWanted: (Event) -> Bool) throws(ReplicaError) -> Record? {
            try RecordFold.folded(history.map(\.event).filter(isWanted), record.key)
        }
        (key, self.field) = (record.key, field)
        let held = record.fields.first { $0.field == field }
        let live = held?.versions ?? []
        let shown = held.map(record.shownVersion)
        let writes = history.filter { $0.event.body == .delete || $0.event.writes(field) }
        guard writes.contains(where: { $0.event.writes(field) }),
            let origin = shown.flatMap({ byDot[$0.dot] }) ?? writes.last
        else { return nil }
        writer = Entry(logged: origin, value: shown?.value)
        let before = try events { origin.event.context.covers($0.dot) }
        overwrote = entries(before?.fields.first { $0.field == field }?.versions ?? [])
        let others = live.filter { $0.dot != origin.event.dot }
        agrees = entries(others.filter { $0.value == shown?.value })
        let deletes = record.isDeleteAgainstEdit ? record.tombstones.map { Version(dot: $0, value: nil) } : []
        contests = entries(others.filter { $0.value != shown?.value } + deletes.filter { $0.dot != origin.event.dot })
        let contexts = contests.map(\.event.context)
        guard !contexts.isEmpty else {
            lastKnownToAll = nil
            return
        }
        let all = contexts.reduce(origin.event.context) { $0.met(with: $1) }
        lastKnownToAll = try events { all.covers($0.dot) }?.heads.compactMap { byDot[$0] }.max { $0.event.rank < $1.event.rank }
    }
}

extension Event {
    /// Whether it sets or removes the field.
    func writes(_ field: Name) -> Bool {
        guard case .write(let set, let unset) = body else { return false }
        return set.contains { $0.field == field } || unset.contains(field)
    }
}

extension Replica {
    /// Where what the field shows, or showed then, comes from; nil when nothing has ever written it.
    ///
    /// - Throws: `.unknownRecord` for a record without an event, now or then.
    package func origin(of field: Name, in key: RecordKey, at moment: Moment? = nil) throws(ReplicaError) -> FieldOrigin? {
        var history = try history(of: key)
        if let moment {
            let events = Set(try events(of: key, in: history, at: moment).map(\.dot))
            history = history.filter { events.contains($0.event.dot) }
        }
        guard let record = try Self.folded(history.map(\.event), key) else { throw .unknownRecord(key) }
        return try FieldOrigin(field, history, record)
    }

    /// The events that what the record shows comes from, and its live deletes, by their dots.
    package func writers(of decided: DecidedRecord) throws(ReplicaError) -> [Dot: LoggedRow] {
        var writers: [Dot: LoggedRow] = [:]
        let dots = decided.fields.flatMap { decided.versionsBehind($0).map(\.dot) }
        for dot in Set(dots + decided.record.tombstones).sorted() { writers[dot] = try row(of: dot) }
        return writers
    }
}
