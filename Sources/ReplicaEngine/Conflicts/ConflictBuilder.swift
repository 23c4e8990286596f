internal import EventCore

/// Base and sides of a conflict out of the record's history.
struct ConflictBuilder {
    private let record: Record
    private let events: [Event]
    private let byDot: [Dot: Event]
    private let policies: CollectionPolicies
    private let fold: ([Event]) throws(ReplicaError) -> Record?

    /// - Parameters:
    ///   - events: all that made the record, oldest first.
    ///   - fold: of some of them; nil of none.
    init(
        _ record: Record, _ events: [Event], _ policies: CollectionPolicies, fold: @escaping ([Event]) throws(ReplicaError) -> Record?
    ) {
        self.record = record
        self.events = events
        self.policies = policies
        self.fold = fold
        byDot = Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0) })
    }

    func conflict() throws(ReplicaError) -> Conflict {
        let isOfWholeEdits = policies.isConflictOfWholeEdits(record)
        let dots = isOfWholeEdits ? record.heads : Self.sideDots(record, byDot)
        let base = try base(dots)
        let sides = try sides(dots)
        return Conflict(
            record: record, fields: isOfWholeEdits ? fieldsOfWholeEdits(sides, base) : try contestedFields(),
            isDeleteAgainstEdit: record.isDeleteAgainstEdit, isOfWholeEdits: isOfWholeEdits, base: base, sides: sides, policy: policies.rest
        )
    }

    // MARK: - Sides and base

    private func sides(_ dots: [Dot]) throws(ReplicaError) -> [Side] {
        var sides: [Side] = []
        for event in dots.compactMap({ byDot[$0] }).sorted(by: { $0.rank > $1.rank }) {
            let seen = events.filter { $0.dot == event.dot || event.context.covers($0.dot) }
            if let asSeen = try fold(seen) { sides.append(Side(event: event, record: asSeen, restored: try restored(by: event))) }
        }
        return sides
    }

    private func restored(by event: Event) throws(ReplicaError) -> [Name?: Dot] {
        guard event.undoes != nil else { return [:] }
        var origins = UndoOrigins(events, UndoChain(events))
        var restored: [Name?: Dot] = [:]
        switch event.body {
        case .delete: restored[nil] = try origins.origin(of: Version(dot: event.dot, value: nil), in: nil)
        case .write(let set, let unset):
            for version in set.map({ ($0.field, Optional($0.value)) }) + unset.map({ ($0, nil) }) {
                restored[version.0] = try origins.origin(of: Version(dot: event.dot, value: version.1), in: version.0)
            }
        }
        return restored
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

    private func base(_ dots: [Dot]) throws(ReplicaError) -> Record? {
        let seen = dots.compactMap { byDot[$0]?.context }
        guard let first = seen.first else { return nil }
        let all = seen.dropFirst().reduce(first) { $0.met(with: $1) }
        return try fold(events.filter { all.covers($0.dot) })
    }

    // MARK: - Fields

    private func contestedFields() throws(ReplicaError) -> [FieldConflict] {
        var fields: [FieldConflict] = []
        for field in record.fields where field.isContested {
            fields.append(conflict(field.field, field.versions, try base(field.versions.map(\.dot)), policies[field.field]))
        }
        return fields
    }

    /// Where whole edits are in conflict: the fields on which the sides' records differ, or all when they agree on every one. Policies of single fields do not count.
    private func fieldsOfWholeEdits(_ sides: [Side], _ base: Record?) -> [FieldConflict] {
        let edits = sides.filter { !$0.isDelete }
        let contested = Set(record.fields.filter(\.isContested).map(\.field))
        let names = Set(edits.flatMap { $0.record.fields.map(\.field) }).union(contested).sorted()
        let all = names.map { name in conflict(name, edits.map { Version(dot: $0.dot, value: $0.record.shown(name)) }, base, .record) }
        let differing = all.filter { field in
            contested.contains(field.field) || field.versions.contains { $0.value != field.versions[0].value }
        }
        return differing.isEmpty ? all : differing
    }

    private func conflict(_ field: Name, _ versions: [Version], _ base: Record?, _ policy: Policy) -> FieldConflict {
        let held = base?.fields.first { $0.field == field }?.versions.map(\.value) ?? []
        let contenders = versions.compactMap { version in
            byDot[version.dot].map { Contender(value: version.value, rank: $0.rank, epoch: $0.epoch) }
        }
        return FieldConflict(
            field: field, base: held,
            versions: contenders.sorted { $0.rank > $1.rank }.map { Version(dot: $0.rank.dot, value: $0.value) }, policy: policy,
            decision: policy.decision(base: held, contenders: contenders))
    }
}
