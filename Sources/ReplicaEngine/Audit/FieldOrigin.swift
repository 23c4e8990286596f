package import EventCore
internal import LogStore

/// Where what a field shows comes from.
package struct FieldOrigin: Sendable {
    /// A live or overwritten entry of the field, or a delete, and the event that wrote it.
    package struct Entry: Sendable {
        package let logged: LoggedRow
        /// nil for *removed*, and for a delete.
        package let value: FieldValue?

        package var row: BlockReader.Row { logged.row }
        package var isDelete: Bool { row.body == .delete }
    }

    package let key: RecordKey
    package let field: Name
    /// The event that wrote what is shown; the delete where the field fell to one.
    package let writer: Entry
    /// What its writer had seen of the record.
    package let context: VersionVector
    /// What it overwrote: the field's entries as the writer saw them.
    package let overwrote: [Entry]
    /// Other live entries with the same value.
    package let agrees: [Entry]
    /// Live entries with another value, and live deletes; greatest rank first.
    package let contests: [Entry]
    /// Of the events that all who contest had seen, the one of the greatest rank that no other of them had seen; nil where there is none, or no contest.
    package let lastKnownToAll: LoggedRow?

    /// - Parameters:
    ///   - cut: the events that count, of which `record` is the fold, with the times of contested entries.
    init?<Storage: Volume>(
        _ field: Name, _ past: RecordPast<Storage>, _ cut: PastCut, _ record: Record
    ) throws(ReplicaError) {
        func entries(_ versions: [Version]) throws(ReplicaError) -> [Entry] {
            var entries: [Entry] = []
            for version in versions {
                if let logged = try past.logged(version.dot) { entries.append(Entry(logged: logged, value: version.value)) }
            }
            return entries.sorted { $0.row.rank > $1.row.rank }
        }
        (key, self.field) = (record.key, field)
        let held = record.fields.first { $0.field == field }
        let shown = held.map(record.shownVersion)
        let number =
            if let shown { try past.number(of: shown.dot) } else { try past.newestWriter(of: field, in: cut) }
        guard let number else { return nil }
        let dot = past.row(number).dot
        writer = Entry(logged: past.step(number), value: shown?.value)
        context = try past.context(of: number)
        overwrote = try entries(try past.versions(of: field, in: .seenBy([number])))
        let others = held?.versions.filter { $0.dot != dot } ?? []
        agrees = try entries(others.filter { $0.value == shown?.value })
        let deletes = record.isDeleteAgainstEdit ? record.tombstones.map { Version(dot: $0, value: nil) } : []
        contests = try entries(others.filter { $0.value != shown?.value } + deletes.filter { $0.dot != dot })
        guard !contests.isEmpty else {
            lastKnownToAll = nil
            return
        }
        var numbers = [number]
        for entry in contests { if let other = try past.number(of: entry.row.dot) { numbers.append(other) } }
        let heads = try BackwardFold(of: .seenBy(numbers), in: past, fields: []).heads
        var known: [LoggedRow] = []
        for head in heads { if let logged = try past.logged(head) { known.append(logged) } }
        lastKnownToAll = known.max { $0.row.rank < $1.row.rank }
    }
}

extension RecordPast {
    /// The newest event of a cut that deletes the record or writes a field that the cut's record does not have; nil when none has ever written it.
    fileprivate func newestWriter(of field: Name, in cut: PastCut) throws(ReplicaError) -> Int? {
        guard isKnown(field) else { return nil }
        var newest: Int?
        var number = first(of: cut)
        while true {
            if let end = try end(ofNoneWriting: field, from: number) {
                number = end
                continue
            }
            guard try has(number) else { return nil }
            if contains(number, in: cut) {
                let row = row(number)
                if row.body == .delete && newest == nil { newest = number }
                if row.fields.contains(field) { return newest ?? number }
            }
            number += 1
        }
    }
}

extension BlockReader.Row {
    package var rank: Rank { Rank(time: time, dot: dot) }
}

extension Replica {
    /// Where what the field shows, or showed then, comes from; nil when nothing has ever written it.
    ///
    /// - Throws: `.unknownRecord` for a record without an event, now or then.
    package func origin(of field: Name, in key: RecordKey, at moment: Moment? = nil) throws(ReplicaError) -> FieldOrigin? {
        if let moment {
            guard let (past, cut) = try past(of: key, at: moment), let record = try past.record(cut) else { throw .unknownRecord(key) }
            return try FieldOrigin(field, past, cut, record)
        }
        guard let record = try record(key) else { throw .unknownRecord(key) }
        let held = record.fields.first { $0.field == field }?.versions.map(\.dot) ?? []
        // What fell to a delete, or was never there, is looked for from the end on.
        let past = try held.isEmpty ? RecordPast(self, key) : RecordPast(self, key, holding: held + record.tombstones)
        return try past.flatMap { (past) throws(ReplicaError) in try FieldOrigin(field, past, .from(0), record) }
    }

    /// The events that what the record shows comes from, and its live deletes, by their dots.
    package func writers(of decided: DecidedRecord) throws(ReplicaError) -> [Dot: LoggedRow] {
        var writers: [Dot: LoggedRow] = [:]
        let dots = decided.fields.flatMap { decided.versionsBehind($0).map(\.dot) }
        for dot in Set(dots + decided.record.tombstones).sorted() { writers[dot] = try row(of: dot) }
        return writers
    }
}
