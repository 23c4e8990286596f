package import EventCore

/// How many conflicts there ever were, and what became of them, in the order of one log.
///
/// A conflict over a field begins with the event that lets two of its entries differ, or a delete and a live value stand side by side, and ends with the one
/// after which they do not. Entries that agree when they come to stand side by side settle themselves. Where an undo brings several sides back, the conflict over them that was settled last
/// is open again, with the devices it had and since when it had been there.
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
        /// Milliseconds from the beginning of the conflict, the youngest of the sides that it began with, to the event that settled it, ascending.
        package var durations: [UInt64] = []

        /// What a person has to look at.
        package var open: Int { opened - byHand - decided }

        fileprivate mutating func add(_ other: Counts) {
            opened += other.opened
            byHand += other.byHand
            decided += other.decided
            automatic += other.automatic
            durations += other.durations
        }

        /// The duration that so many of a hundred were settled within; nil where none was.
        package func percentile(_ percent: Int) -> UInt64? {
            durations.isEmpty ? nil : durations[max(0, (durations.count * percent + 99) / 100 - 1)]
        }
    }

    package let groups: [Group: Counts]
    /// Events that somebody had written without having seen all that others had written of their records in this log.
    package let concurrentEvents: Int

    package var total: Counts {
        var total = Counts()
        for counts in groups.values { total.add(counts) }
        total.durations.sort()
        return total
    }

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
