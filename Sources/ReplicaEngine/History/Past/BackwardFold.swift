internal import EventCore
internal import LogStore

/// The fold of some of a record's events, newest first, no further back than until nothing older can matter.
///
/// Whoever overwrites an entry stands behind it in the log. So, going back, an entry is live when no event that was looked at before covers it and writes its field or deletes. A field is closed once an event that
/// writes it covers everything that lies further back; heads and deletes are, once any event does. And where the state of the record before all that is left is kept, nothing further back matters. The outcome is that of the fold in `Sources/README.md`, which `BackwardFoldTests` holds it to.
struct BackwardFold {
    private(set) var heads: [Dot] = []
    private(set) var tombstones: [Dot] = []
    private(set) var entries: [Name: [Version]] = [:]
    /// Of the events of all these.
    private(set) var times: [Dot: HybridTime] = [:]

    /// Events that may leave something behind them uncovered, by what they would cover.
    private var members: [Int] = []
    private var deletes: [Int] = []
    private var writers: [Name: [Int]] = [:]
    private var closed: Set<Name> = []
    private var areHeadsClosed = false
    private var areAllClosed = false

    /// - Parameter fields: the only ones that are asked for; nil asks for all.
    init<Storage: Volume>(of cut: PastCut, in past: RecordPast<Storage>, fields: Set<Name>? = nil) throws(ReplicaError) {
        guard !past.isEmpty(cut) else { return }
        let first = past.first(of: cut)
        var number = first
        while !(try isSettled(cut, past, fields, from: number)) {
            if let state = try past.state(at: number) {
                if past.isWhole(cut, from: number, state.clock) {
                    try take(state, past, fields)
                    return
                }
                if let end = try past.end(ofNoneOf: cut, from: number, state) {
                    number = end
                    continue
                }
            }
            guard try past.has(number) else { break }
            if past.contains(number, in: cut) { look(at: number, past, fields) }
            number += 1
            // What has been contested for long would be far away.
            let count = number - first
            if count >= Self.shortWalk, count & (count - 1) == 0 { try takeUnchanged(cut, past, fields, from: number) }
        }
    }

    private static var shortWalk: Int { 64 }

    /// Closes the fields that hold now what they held with the events from `number` on.
    private mutating func takeUnchanged<Storage: Volume>(
        _ cut: PastCut, _ past: RecordPast<Storage>, _ fields: Set<Name>?, from number: Int
    ) throws(ReplicaError) {
        guard past.isWhole(cut, from: number), let all = fields ?? past.written else { return }
        for field in all.subtracting(closed) where writers[field] == nil {
            guard let held = try past.unchanged(field, from: number) else { continue }
            closed.insert(field)
            guard !held.isEmpty else { continue }
            entries[field] = held.map(\.version)
            for entry in held { times[entry.version.dot] = entry.time }
        }
    }

    /// Takes what no event that was looked at has overwritten of the record as it was before these.
    private mutating func take<Storage: Volume>(
        _ state: RecordState, _ past: RecordPast<Storage>, _ fields: Set<Name>?
    ) throws(ReplicaError) {
        func isCovered(_ row: BlockReader.Row, by numbers: [Int]) -> Bool { numbers.contains { past.row($0).covers(row.dot) } }
        if !areHeadsClosed {
            for position in state.heads {
                let row = try past.logged(at: position).row
                guard !isCovered(row, by: members) else { continue }
                heads.append(row.dot)
                if row.body == .delete { tombstones.append(row.dot) }
                times[row.dot] = row.time
            }
        }
        if areAllClosed { return }
        for entry in state.entries where !closed.contains(entry.field) && fields?.contains(entry.field) != false {
            for position in entry.writers {
                let row = try past.logged(at: position).row
                guard !isCovered(row, by: deletes), !isCovered(row, by: writers[entry.field] ?? []) else { continue }
                entries[entry.field, default: []].append(Version(dot: row.dot, value: row.value(of: entry.field)))
                times[row.dot] = row.time
            }
        }
    }

    private mutating func look<Storage: Volume>(at number: Int, _ past: RecordPast<Storage>, _ fields: Set<Name>?) {
        let row = past.row(number)
        func isCovered(by numbers: [Int]) -> Bool { numbers.contains { past.covers($0, number) } }
        if !areHeadsClosed {
            if !isCovered(by: members) {
                heads.append(row.dot)
                if row.body == .delete { tombstones.append(row.dot) }
                times[row.dot] = row.time
            }
            members.append(number)
        }
        let isDeleted = areAllClosed || isCovered(by: deletes)
        switch row.body {
        case .delete: deletes.append(number)
        case .write(let set, let unset):
            for (field, value) in set.map({ ($0.field, Optional($0.value)) }) + unset.map({ ($0, nil) })
            where !closed.contains(field) && fields?.contains(field) != false {
                if !isDeleted && !isCovered(by: writers[field] ?? []) {
                    entries[field, default: []].append(Version(dot: row.dot, value: value))
                    times[row.dot] = row.time
                }
                writers[field, default: []].append(number)
            }
        }
    }

    /// Whether no event from `number` on matters.
    private mutating func isSettled<Storage: Volume>(
        _ cut: PastCut, _ past: RecordPast<Storage>, _ fields: Set<Name>?, from number: Int
    ) throws(ReplicaError) -> Bool {
        func coversRest(_ numbers: [Int]) -> Bool { numbers.contains { past.coversAll($0, from: number) } }
        areHeadsClosed = areHeadsClosed || coversRest(members)
        areAllClosed = areAllClosed || coversRest(deletes)
        for (field, numbers) in writers where coversRest(numbers) {
            closed.insert(field)
            writers[field] = nil
        }
        guard areHeadsClosed else { return false }
        if areAllClosed { return true }
        if let fields { return fields.isSubset(of: closed) }
        return try past.hasNoField(but: closed, from: number, isWhole: past.isWhole(cut, from: number))
    }
}

extension BlockReader.Row {
    /// What it writes into a field; nil for *removed*.
    fileprivate func value(of field: Name) -> FieldValue? {
        guard case .write(let set, _) = body else { return nil }
        return set.first { $0.field == field }?.value
    }
}
