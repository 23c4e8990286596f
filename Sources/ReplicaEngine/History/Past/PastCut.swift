internal import EventCore
internal import LogStore

/// Some of a record's events: with each all that its writer had seen.
enum PastCut {
    /// An event and all that lie behind it.
    case from(Int)
    /// An event and what its writer had seen.
    case upTo(Int)
    /// What the writers of all these events had seen.
    case seenBy([Int])
}

extension RecordPast {
    /// Where a cut's events begin.
    func first(of cut: PastCut) -> Int {
        switch cut {
        case .from(let number), .upTo(let number): number
        case .seenBy(let numbers): (numbers.max() ?? -1) + 1
        }
    }

    /// Whether an event, which is none before the first of the cut, is one of the cut's.
    func contains(_ number: Int, in cut: PastCut) -> Bool {
        switch cut {
        case .from: true
        case .upTo(let last): number == last || covers(last, number)
        case .seenBy(let numbers): numbers.allSatisfy { covers($0, number) }
        }
    }

    /// Whether every event from `number` on is one of the cut's; false where that cannot be told yet.
    func isWhole(_ cut: PastCut, from number: Int) -> Bool {
        switch cut {
        case .from: true
        case .upTo(let last): number > last && coversAll(last, from: number)
        case .seenBy(let numbers): numbers.allSatisfy { coversAll($0, from: number) }
        }
    }

    /// Whether every event from `number` on, which have this clock together, is one of the cut's.
    func isWhole(_ cut: PastCut, from number: Int, _ clock: VersionVector) -> Bool {
        switch cut {
        case .from: true
        case .upTo(let last): number > last && covers(last, clock)
        case .seenBy(let numbers): numbers.allSatisfy { covers($0, clock) }
        }
    }

    /// Whether somebody had seen nothing.
    func isEmpty(_ cut: PastCut) -> Bool {
        guard case .seenBy(let numbers) = cut else { return false }
        return numbers.contains { if case .whole(let context) = row($0).context { context.isEmpty } else { false } }
    }

    /// The clock of a record that has just the cut's events.
    func clock(of cut: PastCut) throws(ReplicaError) -> VersionVector {
        switch cut {
        case .from(let number): return try clock(from: number)
        case .upTo(let last):
            var clock = try context(of: last)
            clock.advance(to: row(last).dot)
            return clock
        case .seenBy(let numbers):
            var clock = try context(of: numbers[0])
            for number in numbers.dropFirst() { clock = clock.met(with: try context(of: number)) }
            return clock
        }
    }

    /// The fold of a cut's events; nil when it has none.
    func record(_ cut: PastCut) throws(ReplicaError) -> Record? {
        let fold = try BackwardFold(of: cut, in: self)
        guard !fold.heads.isEmpty else { return nil }
        let fields = fold.entries.map { RecordField(field: $0.key, versions: $0.value.sorted { $0.dot < $1.dot }) }
        return Record(
            key: key, clock: try clock(of: cut), heads: fold.heads.sorted(), tombstones: fold.tombstones.sorted(),
            fields: fields.sorted { $0.field < $1.field }, times: fold.times)
    }

    /// The same of one field: its entries.
    func versions(of field: Name, in cut: PastCut) throws(ReplicaError) -> [Version] {
        try BackwardFold(of: cut, in: self, fields: [field]).entries[field] ?? []
    }
}
