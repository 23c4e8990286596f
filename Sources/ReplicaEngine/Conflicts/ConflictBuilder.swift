internal import EventCore
internal import LogStore

/// Base and sides of a conflict out of the record's past.
struct ConflictBuilder<Storage: Volume> {
    let record: Record
    /// From the moment of the conflict back.
    let past: RecordPast<Storage>
    let policies: CollectionPolicies

    func conflict() throws(ReplicaError) -> Conflict {
        let numbers = try sideNumbers()
        let stoodFor = try stoodFor(by: numbers, in: isOfWholeEdits || record.isDeleteAgainstEdit ? nil : contestedNames)
        let base = try past.record(.seenBy(Set(stoodFor.values).sorted()))
        let sides = try sides(numbers, stoodFor)
        return Conflict(
            record: record, fields: try isOfWholeEdits ? fieldsOfWholeEdits(sides, base) : contestedFields(),
            isDeleteAgainstEdit: record.isDeleteAgainstEdit, isOfWholeEdits: isOfWholeEdits, base: base, sides: sides, policy: policies.rest
        )
    }

    /// What policies decide of it; reads no more than that takes.
    func decided() throws(ReplicaError) -> Decided {
        if isOfWholeEdits { return Decided(isOpen: true) }
        let contested = record.fields.filter(\.isContested)
        var decided = Decided(isOpen: false)
        if record.isDeleteAgainstEdit {
            let numbers = try sideNumbers()
            let (sides, stoodFor) = (numbers.map { past.row($0) }, try stoodFor(by: numbers, in: nil))
            let contenders = zip(numbers, sides).map { (number, row) in
                Contender(value: nil, rank: Rank(time: row.time, dot: row.dot), epoch: past.row(stoodFor[number] ?? number).epoch)
            }
            if let winner = policies.rest.winner(contenders) {
                decided.fields.insert(nil)
                // A delete that wins takes the fields with it.
                if sides.contains(where: { $0.dot == winner.rank.dot && $0.body == .delete }) {
                    decided.fields.formUnion(contested.map(\.field))
                    return decided
                }
            } else {
                decided.isOpen = true
            }
        }
        for field in contested {
            let isDecided = if let known = policies.decides(field) { known } else { try !self.contested(field).decision.isOpen }
            if isDecided { decided.fields.insert(field.field) } else { decided.isOpen = true }
        }
        return decided
    }

    private func numbers(of dots: [Dot]) throws(ReplicaError) -> [Int] {
        var numbers: [Int] = []
        for dot in dots { if let number = try past.number(of: dot) { numbers.append(number) } }
        return numbers
    }

    private var isOfWholeEdits: Bool { policies.isConflictOfWholeEdits(record) }

    private var contestedNames: Set<Name> { Set(record.fields.filter(\.isContested).map(\.field)) }

    // MARK: - Whom a side stands for

    /// For each of these events the one that it stands for, mostly itself.
    ///
    /// Where one undo brought several sides back, a conflict is open again, and it is the one it was: its base is what was there before the first of the sides, not before the undo, which had seen what settled them, and each side's record is what that
    /// side had seen. An undo's one entry in a conflict is an edit like any other, and so is one that brought back what several had written.
    ///
    /// - Parameter fields: the ones that count; nil for all and for deletes.
    private func stoodFor(by numbers: [Int], in fields: Set<Name>?) throws(ReplicaError) -> [Int: Int] {
        var found = Dictionary(uniqueKeysWithValues: numbers.map { ($0, $0) })
        // Events can name as undone what they like, so that this may go in circles.
        var looked: Set<[Int: Int]> = []
        while numbers.contains(where: { past.row($0).undoes != nil }), looked.insert(found).inserted {
            var acts: [Int: Set<Int>] = [:]
            for number in found.values { acts[try past.act(of: number)[0], default: []].insert(number) }
            var earlier: [Int: Int] = [:]
            for number in acts.values.filter({ $0.count > 1 }).joined() {
                let sides = try broughtBack(by: number, in: fields)
                if sides.count == 1 { earlier[number] = sides[0] }
            }
            found = found.mapValues { earlier[$0] ?? $0 }
        }
        return found
    }

    /// The events whose entries, or whose delete, an undo's event brought back; one that another had seen is part of that one's side.
    private func broughtBack(by number: Int, in fields: Set<Name>?) throws(ReplicaError) -> [Int] {
        let (row, origins) = (past.row(number), UndoOrigins(past: past))
        var (sure, alike): (Set<Int>, [(field: Name?, value: FieldValue?, found: [Int])]) = ([], [])
        for (field, value) in row.entries {
            if let field, let fields, !fields.contains(field) { continue }
            let found = try numbers(of: try origins.found(by: row.dot, value, in: field))
            if found.count > 1 { alike.append((field, value, found)) } else { sure.formUnion(found) }
        }
        var all = sure
        for (field, value, found) in alike {
            // Of several that are alike the one that belongs to the rest, or where that does not tell, the one in the event's place.
            let own = found.filter { number in sure.contains { $0 == number || past.covers(min($0, number), max($0, number)) } }
            all.formUnion(own.count == 1 ? own : try numbers(of: try origins.broughtBack(by: row.dot, value, in: field)))
        }
        return all.filter { number in !all.contains { $0 < number && past.covers($0, number) } }.sorted()
    }

    // MARK: - Sides

    /// The sides as events, smallest rank first, where these are whole records: where delete stands against edit, or whole edits against each other. None elsewhere.
    func wholeSides() throws(ReplicaError) -> [Event] {
        guard isOfWholeEdits || record.isDeleteAgainstEdit else { return [] }
        var sides: [Event] = []
        for number in try sideNumbers() { sides.append(try past.event(number)) }
        return sides.sorted { $0.rank < $1.rank }
    }

    /// In the order of the ranks that they had when they first stood there: no letter changes its side where only some were brought back.
    private func sides(_ numbers: [Int], _ stoodFor: [Int: Int]) throws(ReplicaError) -> [Side] {
        var sides: [(rank: Rank, side: Side)] = []
        for number in numbers {
            let origin = stoodFor[number] ?? number
            guard let asSeen = try past.record(.upTo(origin)) else { continue }
            let row = past.row(origin)
            let restored = try restored(by: past.row(number))
            let side = Side(event: try past.event(number), record: asSeen, epoch: row.epoch, restored: restored, standsFor: row.dot)
            sides.append((Rank(time: row.time, dot: row.dot), side))
        }
        return sides.sorted { $0.rank > $1.rank }.map(\.side)
    }

    private func restored(by row: BlockReader.Row) throws(ReplicaError) -> [Name?: Dot] {
        guard row.undoes != nil else { return [:] }
        let origins = UndoOrigins(past: past)
        var restored: [Name?: Dot] = [:]
        for (field, value) in row.entries { restored[field] = try origins.origin(of: Version(dot: row.dot, value: value), in: field) }
        return restored
    }

    /// The events that disagree: the heads where whole edits do; else those of contested entries, and where delete stands against edit, the deletes and the newest live edits.
    private func sideNumbers() throws(ReplicaError) -> [Int] {
        if isOfWholeEdits { return try numbers(of: record.heads) }
        var dots = Set(record.fields.filter(\.isContested).flatMap(\.versions).map(\.dot))
        if record.isDeleteAgainstEdit {
            dots.formUnion(record.tombstones)
            let live = Set(record.fields.flatMap(\.versions).filter { $0.value != nil }.map(\.dot))
            // An edit that a later live one has seen is part of that one's side.
            let numbers = try numbers(of: live.sorted())
            let newest = numbers.filter { number in !numbers.contains { $0 < number && past.covers($0, number) } }
            dots.formUnion(newest.map { past.row($0).dot })
        }
        return try numbers(of: dots.sorted())
    }

    // MARK: - Fields

    private func contestedFields() throws(ReplicaError) -> [FieldConflict] {
        var fields: [FieldConflict] = []
        for field in record.fields where field.isContested { fields.append(try contested(field)) }
        return fields
    }

    private func contested(_ field: RecordField) throws(ReplicaError) -> FieldConflict {
        let numbers = try numbers(of: field.versions.map(\.dot))
        let stoodFor = try stoodFor(by: numbers, in: [field.field])
        let writers = Set(stoodFor.values).sorted()
        let base = try past.versions(of: field.field, in: .seenBy(writers)).map(\.value)
        return try conflict(field.field, field.versions, base, policies[field.field], stoodFor)
    }

    /// Where whole edits are in conflict: the fields on which the sides' records differ, or all when they agree on every one. Policies of single fields do not count.
    private func fieldsOfWholeEdits(_ sides: [Side], _ base: Record?) throws(ReplicaError) -> [FieldConflict] {
        let edits = sides.filter { !$0.isDelete }
        let contested = Set(record.fields.filter(\.isContested).map(\.field))
        let names = Set(edits.flatMap { $0.record.fields.map(\.field) }).union(contested).sorted()
        var all: [FieldConflict] = []
        for name in names {
            let held = base?.fields.first { $0.field == name }?.versions.map(\.value) ?? []
            all.append(try conflict(name, edits.map { Version(dot: $0.dot, value: $0.record.shown(name)) }, held, .record, [:]))
        }
        let differing = all.filter { field in
            contested.contains(field.field) || field.versions.contains { $0.value != field.versions[0].value }
        }
        return differing.isEmpty ? all : differing
    }

    private func conflict(
        _ field: Name, _ versions: [Version], _ base: [FieldValue?], _ policy: Policy, _ stoodFor: [Int: Int]
    ) throws(ReplicaError) -> FieldConflict {
        var contenders: [Contender] = []
        for version in versions {
            guard let row = try past.logged(version.dot)?.row else { continue }
            let epoch = try past.number(of: version.dot).flatMap { stoodFor[$0] }.map { past.row($0).epoch } ?? row.epoch
            contenders.append(Contender(value: version.value, rank: Rank(time: row.time, dot: row.dot), epoch: epoch))
        }
        return FieldConflict(
            field: field, base: base,
            versions: contenders.sorted { $0.rank > $1.rank }.map { Version(dot: $0.rank.dot, value: $0.value) }, policy: policy,
            decision: policy.decision(base: base, contenders: contenders))
    }
}
