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

/// Counts conflicts by what events do to siblings.
struct ConflictCounter {
    /// A conflict that an event has ended; how long that took is known when the events' times are.
    private struct Settled {
        let group: ConflictStatistics.Group
        let sides: Set<Dot>
        let by: Dot
    }

    private var statistics = ConflictStatistics()
    private let isWanted: (ConflictStatistics.Group) -> Bool
    /// By record what is in conflict, nil for delete against edit, and who has had a side in it.
    private var open: [RecordKey: [Name?: Set<Dot>]] = [:]
    private var settled: [Settled] = []

    init(isWanted: @escaping (ConflictStatistics.Group) -> Bool) { self.isWanted = isWanted }

    /// Takes in what a record's next event did.
    mutating func add(_ change: SiblingChange) {
        if change.isConcurrent { statistics.concurrentEvents += 1 }
        var record = open.removeValue(forKey: change.key) ?? [:]
        var contested: Set<Name?> = []
        for siblings in change.fields {
            if siblings.isContested {
                contested.insert(siblings.field)
                record[siblings.field, default: []].formUnion(siblings.dots)
            } else if record[siblings.field] == nil && siblings.dots.contains(change.dot) {
                count(group(change.key, siblings.field, siblings.dots)) { $0.automatic += 1 }
            }
        }
        if !change.tombstones.isEmpty && !change.beside.isEmpty {
            contested.insert(nil)
            record[nil, default: []].formUnion(change.tombstones + change.beside)
        }
        for (field, sides) in record where !contested.contains(field) {
            record[field] = nil
            let group = group(change.key, field, sides)
            if isWanted(group) { settled.append(Settled(group: group, sides: sides, by: change.dot)) }
        }
        if !record.isEmpty { open[change.key] = record }
    }

    /// The events whose times have to be known.
    var timed: Set<Dot> { settled.reduce(into: []) { $0.formUnion($1.sides.union([$1.by])) } }

    /// Ends the count: what no event settled stays open, or is decided by a policy.
    ///
    /// - Parameters:
    ///   - times: of the events that are `timed`.
    ///   - decided: what policies decide of a record's conflict, by field; nil stands for delete against edit.
    mutating func finish(
        _ times: [Dot: HybridTime], _ decided: (RecordKey) throws(ReplicaError) -> Set<Name?>
    ) throws(ReplicaError) -> ConflictStatistics {
        for conflict in settled {
            let (end, youngest) = (times[conflict.by], conflict.sides.compactMap { times[$0] }.max())
            count(conflict.group) {
                $0.opened += 1
                $0.byHand += 1
                let (end, start) = (end?.milliseconds ?? 0, youngest?.milliseconds ?? 0)
                $0.durations.append(end > start ? end - start : 0)
            }
        }
        for (key, conflicts) in open {
            let decided = try decided(key)
            for (field, sides) in conflicts {
                count(group(key, field, sides)) {
                    $0.opened += 1
                    if decided.contains(field) { $0.decided += 1 }
                }
            }
        }
        // Records come in no particular order; counts do.
        for group in statistics.groups.keys { statistics.groups[group]?.durations.sort() }
        return statistics
    }

    private func group(_ key: RecordKey, _ field: Name?, _ dots: some Sequence<Dot>) -> ConflictStatistics.Group {
        ConflictStatistics.Group(collection: key.collection, field: field, devices: Set(dots.map(\.device)).sorted())
    }

    private mutating func count(_ group: ConflictStatistics.Group, _ change: (inout ConflictStatistics.Counts) -> Void) {
        guard isWanted(group) else { return }
        change(&statistics.groups[group, default: ConflictStatistics.Counts()])
    }
}
