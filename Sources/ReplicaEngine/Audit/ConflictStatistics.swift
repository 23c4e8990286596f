package import EventCore

/// How many conflicts there ever were, and what became of them, in the order of one log.
///
/// A conflict over a field begins with the event that lets two of its entries differ, or a delete and a live value stand side by side, and ends with the one
/// after which they do not. Entries that agree when they come to stand side by side settle themselves.
package struct ConflictStatistics: Sendable {
    /// What conflicts are counted by.
    package struct Group: Hashable, Sendable {
        package let collection: Name
        /// nil for delete against edit.
        package let field: Name?
        /// Who had a side in it, sorted.
        package let devices: [DeviceID]
    }

    package struct Counts: Hashable, Sendable {
        /// Conflicts that were opened.
        package var opened = 0
        /// Of these, settled by an event.
        package var byHand = 0
        /// Of those that no event settled, decided by a policy as it is now.
        package var decided = 0
        /// Concurrent entries that agreed from the beginning, and so settled themselves.
        package var automatic = 0
        /// Milliseconds from the youngest side to the event that settled it.
        package var durations: [UInt64] = []

        /// What a person has to look at.
        package var open: Int { opened - byHand - decided }

        mutating func add(_ other: Counts) {
            opened += other.opened
            byHand += other.byHand
            decided += other.decided
            automatic += other.automatic
            durations += other.durations
        }

        /// The duration that so many of a hundred were settled within; nil where none was.
        package func percentile(_ percent: Int) -> UInt64? {
            guard !durations.isEmpty else { return nil }
            let sorted = durations.sorted()
            return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
        }
    }

    package fileprivate(set) var groups: [Group: Counts] = [:]
    /// Events that somebody had written without having seen all of their records in this log.
    package fileprivate(set) var concurrentEvents = 0

    package var total: Counts { groups.values.reduce(into: Counts()) { $0.add($1) } }

    /// Collection, field, devices; delete against edit first.
    package var sorted: [(group: Group, counts: Counts)] {
        groups.sorted { left, right in
            let (a, b) = (left.key, right.key)
            if a.collection != b.collection { return a.collection < b.collection }
            if a.field != b.field { return (a.field?.utf8 ?? []).lexicographicallyPrecedes(b.field?.utf8 ?? []) }
            return a.devices.lexicographicallyPrecedes(b.devices)
        }.map { ($0.key, $0.value) }
    }
}

/// Counts conflicts, event by event, of the records that have ever had a concurrent event.
struct ConflictCounter {
    /// A record that may have siblings.
    private struct Watched {
        var fold = FieldFold()
        var times: [Dot: UInt64] = [:]
        /// What is in conflict, nil for delete against edit, and who has had a side in it.
        var open: [Name?: Set<Dot>] = [:]
    }

    private(set) var statistics = ConflictStatistics()
    private let isWanted: (ConflictStatistics.Group) -> Bool
    private var watched: [RecordKey: Watched] = [:]

    init(isWanted: @escaping (ConflictStatistics.Group) -> Bool) { self.isWanted = isWanted }

    /// Takes in a record's next event.
    mutating func add(_ row: BlockReader.Row) {
        var record = watched[row.key] ?? Watched()
        watched[row.key] = nil
        let hadEvents = !record.times.isEmpty
        record.fold.apply(row)
        record.times[row.dot] = row.time.milliseconds
        if hadEvents && !row.coversAll { statistics.concurrentEvents += 1 }
        let touched =
            row.body == .delete || !record.open.isEmpty ? Array(record.fold.entries.keys) + record.open.keys.compactMap(\.self) : row.fields
        for field in Set(touched) {
            let versions = record.fold.versions(of: field)
            if record.fold.isContested(field) {
                record.open[field, default: []].formUnion(versions.map(\.dot))
            } else if record.open.keys.contains(field) {
                settle(field, row, &record)
            } else if versions.count > 1 && row.fields.contains(field) {
                count(row.key, field, versions.map(\.dot)) { $0.automatic += 1 }
            }
        }
        if record.fold.isDeleteAgainstEdit {
            let live = record.fold.entries.values.joined().filter { $0.value != nil }.map(\.dot)
            record.open[nil, default: []].formUnion(record.fold.tombstones + live)
        } else if record.open.keys.contains(nil) {
            settle(nil, row, &record)
        }
        // Times of what is neither live nor a side are of no more use.
        let used = Set(record.fold.entries.values.joined().map(\.dot) + record.fold.tombstones).union(record.open.values.joined())
        record.times = record.times.filter { used.contains($0.key) || $0.key == row.dot }
        watched[row.key] = record
    }

    /// Ends the count: what no event settled stays open, or is decided by a policy.
    ///
    /// - Parameter decided: what policies decide of a record's conflict, by field; nil stands for delete against edit.
    mutating func finish(_ decided: (RecordKey) throws(ReplicaError) -> Set<Name?>) throws(ReplicaError) -> ConflictStatistics {
        for (key, record) in watched where !record.open.isEmpty {
            let decided = try decided(key)
            for (field, dots) in record.open {
                count(key, field, Array(dots)) {
                    $0.opened += 1
                    if decided.contains(field) { $0.decided += 1 }
                }
            }
        }
        watched = [:]
        return statistics
    }

    private mutating func settle(_ field: Name?, _ row: BlockReader.Row, _ record: inout Watched) {
        guard let dots = record.open.removeValue(forKey: field) else { return }
        let youngest = dots.compactMap { record.times[$0] }.max() ?? row.time.milliseconds
        count(row.key, field, Array(dots)) {
            $0.opened += 1
            $0.byHand += 1
            $0.durations.append(row.time.milliseconds > youngest ? row.time.milliseconds - youngest : 0)
        }
    }

    private mutating func count(
        _ key: RecordKey, _ field: Name?, _ dots: [Dot], _ change: (inout ConflictStatistics.Counts) -> Void
    ) {
        let group = ConflictStatistics.Group(collection: key.collection, field: field, devices: Set(dots.map(\.device)).sorted())
        guard isWanted(group) else { return }
        change(&statistics.groups[group, default: ConflictStatistics.Counts()])
    }
}
