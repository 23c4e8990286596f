package import EventCore
internal import LogStore

/// Conflicts as values: base and sides out of the record's history.
extension Replica {
    /// The record's conflict; nil when nothing is contested.
    package func conflict(_ key: RecordKey, at moment: Moment? = nil) throws(ReplicaError) -> Conflict? {
        guard let place = try place(of: key) else { return nil }
        if moment == nil && !table.hasSiblings(at: place) { return nil }
        let history = try history(of: key)
        let events =
            try moment.map { (moment) throws(ReplicaError) in try self.events(of: key, in: history, at: moment) } ?? history.map(\.event)
        guard let record = try Self.folded(events, key), record.isContested else { return nil }
        return try Self.conflict(record, events)
    }

    /// All open conflicts, sorted by record; of one collection or all, now or then.
    package func conflicts(in collection: Name? = nil, at moment: Moment? = nil) throws(ReplicaError) -> [Conflict] {
        var conflicts: [Conflict] = []
        let then = try moment.map { (moment) throws(ReplicaError) in try inLog(moment) }
        for key in try contestedKeys(in: collection, at: then) {
            if let conflict = try conflict(key, at: then) { conflicts.append(conflict) }
        }
        return conflicts
    }

    private static func conflict(_ record: Record, _ events: [Event]) throws(ReplicaError) -> Conflict {
        let byDot = Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0) })
        func rank(_ dot: Dot) -> Rank { Rank(time: record.times[dot] ?? HybridTime(packed: 0), dot: dot) }
        func base(_ dots: [Dot]) throws(ReplicaError) -> Record? {
            let seen = dots.compactMap { byDot[$0]?.context }
            guard let first = seen.first else { return nil }
            let all = seen.dropFirst().reduce(first) { $0.met(with: $1) }
            return try folded(events.filter { all.covers($0.dot) }, record.key)
        }
        var fields: [FieldConflict] = []
        for field in record.fields where field.isContested {
            let held = try base(field.versions.map(\.dot))?.fields.first { $0.field == field.field }
            fields.append(
                FieldConflict(
                    field: field.field, base: held?.versions.map(\.value) ?? [],
                    versions: field.versions.sorted { rank($0.dot) > rank($1.dot) }))
        }
        let dots = sideDots(record, byDot)
        var sides: [Side] = []
        for dot in dots.sorted(by: { rank($0) > rank($1) }) {
            guard let event = byDot[dot] else { continue }
            let seen = events.filter { $0.dot == dot || event.context.covers($0.dot) }
            if let asSeen = try folded(seen, record.key) { sides.append(Side(event: event, record: asSeen)) }
        }
        return Conflict(
            record: record, fields: fields, isDeleteAgainstEdit: record.isDeleteAgainstEdit, base: try base(dots), sides: sides)
    }

    /// The events that disagree: of contested entries, and where delete stands against edit, the deletes and the newest live edits.
    static func sideDots(_ record: Record, _ events: [Dot: Event]) -> [Dot] {
        var dots = Set(record.fields.filter(\.isContested).flatMap(\.versions).map(\.dot))
        if record.isDeleteAgainstEdit {
            dots.formUnion(record.tombstones)
            let live = Set(record.fields.flatMap(\.versions).filter { $0.value != nil }.map(\.dot))
            // An edit that a later live one has seen is part of that one's side.
            dots.formUnion(live.filter { dot in !live.contains { events[$0]?.context.covers(dot) == true } })
        }
        return Array(dots)
    }
}
