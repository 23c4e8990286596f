internal import EventCore

/// Decides what an undo writes: values only, no store.
struct UndoPlanner {
    private typealias Write = (field: Name, value: FieldValue?)

    private let undone: [Event]
    private let now: Record
    /// The record as the undone event's writer saw it.
    private let before: Record?
    /// The sides of a conflict that was open then, smallest rank first, where whole records stand against each other; none elsewhere.
    private let sides: [Event]
    /// Whether a delete is undone, or one came to its end: then all fields are concerned, not only those that the event wrote.
    private let isWholeRecord: Bool
    /// The concerned fields, sorted.
    private let fields: [Name]

    init(undoing undone: [Event], now: Record, before: Record?, sides: [Event]) {
        (self.undone, self.now, self.before) = (undone, now, before)
        self.sides = sides.count > 1 && sides.contains { $0.body != .delete } ? sides : []
        isWholeRecord = before?.tombstones.isEmpty == false || undone.contains { $0.body == .delete }
        var fields: Set<Name> = []
        for event in undone {
            guard case .write(let set, let unset) = event.body else { continue }
            fields.formUnion(set.map(\.field))
            fields.formUnion(unset)
        }
        if isWholeRecord { fields.formUnion((now.fields + (before?.fields ?? [])).map(\.field)) }
        // A side that wrote nothing of it would not stand there again.
        for side in self.sides {
            let own = (before?.fields ?? []).filter { $0.versions.contains { $0.dot == side.dot } }.map(\.field)
            if fields.isDisjoint(with: own) { fields.formUnion(own) }
        }
        if self.sides.isEmpty { fields = Self.stillContested(beside: fields, before, now) }
        self.fields = fields.sorted()
    }

    /// These fields, and those that are contested as they were by events whose entries in these come back: else what one side wrote would be two sides' afterwards.
    private static func stillContested(beside fields: Set<Name>, _ before: Record?, _ now: Record) -> Set<Name> {
        let contested = (before?.fields ?? []).filter(\.isContested)
        // An undo may have brought the same values back.
        let values = Dictionary(uniqueKeysWithValues: now.fields.map { ($0.field, Self.counted($0)) })
        var (found, writers) = (fields, Set(contested.filter { fields.contains($0.field) }.flatMap(\.versions).map(\.dot)))
        while let next = contested.first(where: { field in
            !found.contains(field.field) && field.versions.contains { writers.contains($0.dot) }
                && values[field.field] == Self.counted(field)
        }) {
            found.insert(next.field)
            writers.formUnion(next.versions.map(\.dot))
        }
        return found
    }

    private static func counted(_ field: RecordField) -> [FieldValue?: Int] {
        Dictionary(field.versions.map { ($0.value, 1) }, uniquingKeysWith: +)
    }

    /// - Parameter isOwn: whether a live entry, or with no field a live delete, is the undone event's or stands for it.
    /// - Throws: `.nothingToUndo` where a delete had nothing to delete.
    func plan(
        isUndoneAlready: Bool, note: Note?, isOwn: (Name?, Version) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) -> UndoPlan {
        var movedOn: [UndoPlan.MovedOn] = []
        for tombstone in now.tombstones where before?.tombstones.contains(tombstone) != true {
            let version = Version(dot: tombstone, value: nil)
            if try !isOwn(nil, version) { movedOn.append(UndoPlan.MovedOn(field: nil, version: version)) }
        }
        for field in fields {
            let then = versions(of: field, before)
            // What is removed, and will be nothing, loses nothing.
            for version in versions(of: field, now) where !then.contains(version) && (version.value != nil || hasValue(then)) {
                if try !isOwn(field, version) { movedOn.append(UndoPlan.MovedOn(field: field, version: version)) }
            }
        }
        return UndoPlan(
            undone: undone, isUndoneAlready: isUndoneAlready, changes: changes, isDeletedNow: !now.tombstones.isEmpty,
            isDeletedThen: before?.tombstones.isEmpty == false, movedOn: movedOn, drafts: try drafts(note))
    }

    private var changes: [UndoPlan.Change] {
        fields.compactMap { field in
            let (now, then) = (versions(of: field, now), versions(of: field, before))
            if now == then || !hasValue(now) && !hasValue(then) { return nil }
            return UndoPlan.Change(field: field, now: now.map(\.value), then: then.map(\.value))
        }
    }

    // MARK: - What is written

    private func drafts(_ note: Note?) throws(ReplicaError) -> [Draft] {
        let deletes = before?.tombstones ?? []
        let written = fields.filter { field in
            // A removal that a side of whole records wrote, or had seen and the deletes had not, would be these deletes' now.
            isWritten(field, besideDelete: !deletes.isEmpty) || versions(of: field, before).contains { owner(of: $0) != nil }
        }
        func draft(_ body: EventBody) -> Draft { Draft(key: now.key, body: body, kind: .undo, undoes: undone[0].dot, note: note) }
        func drafts(_ writes: [Write]) -> [Draft] { Self.fitting(writes).map { draft(Self.body($0)) } }
        guard sides.isEmpty else { return wholeSides(written).flatMap { $0.map(drafts) ?? [draft(.delete)] } }
        var entries = entries(written)
        // A delete that found nothing: what ends it is any write.
        if entries.isEmpty && deletes.isEmpty { entries = fields.prefix(1).map { [(field: $0, value: nil)] } }
        let all = entries.flatMap(drafts) + deletes.map { _ in draft(.delete) }
        guard !all.isEmpty else { throw .nothingToUndo(undone[0].dot) }
        return all
    }

    /// A written field always; of the whole record those in which something is or was. A delete leaves nothing to do in a field that stays empty.
    private func isWritten(_ field: Name, besideDelete: Bool) -> Bool {
        if !isWholeRecord { return true }
        return hasValue(versions(of: field, before)) || !besideDelete && hasValue(versions(of: field, now))
    }

    /// The first edit among the sides of whole records that wrote an entry, or else had seen it.
    private func owner(of entry: Version, _ hasRoom: (Event) -> Bool = { _ in true }) -> Event? {
        let edits = sides.filter { $0.body != .delete }
        return edits.first { $0.dot == entry.dot } ?? edits.first { $0.context.covers(entry.dot) && hasRoom($0) }
    }

    /// The writes of each side of whole records, smallest rank first; nil for a delete. An entry goes with the side that wrote it, or had seen it; one more of the same field is a side of its own.
    private func wholeSides(_ fields: [Name]) -> [[Write]?] {
        var writes: [Dot: [Write]] = [:]
        for field in fields {
            let held = before?.fields.first { $0.field == field }
            for version in held?.versions ?? [] {
                let owner = owner(of: version) { edit in writes[edit.dot]?.contains { $0.field == field } != true }
                if owner != nil || held?.isContested == true {
                    writes[owner?.dot ?? version.dot, default: []].append((field, version.value))
                }
            }
            if let edit = sides.first(where: { $0.body != .delete }), !writes.values.joined().contains(where: { $0.field == field }) {
                writes[edit.dot, default: []].append((field, held?.versions.first?.value))
            }
        }
        let dots = Set(writes.keys).union(sides.filter { $0.body == .delete }.map(\.dot))
        return dots.sorted { rank($0) < rank($1) }.map { writes[$0] }
    }

    /// By the event whose entry it is; the order in which they were shown.
    private func rank(_ dot: Dot) -> Rank {
        sides.first { $0.dot == dot }?.rank ?? Rank(time: before?.times[dot] ?? HybridTime(packed: 0), dot: dot)
    }

    /// The writes for each event whose entries are contested, smallest rank first, so that what was shown is shown again. Uncontested fields go with the first.
    private func entries(_ fields: [Name]) -> [[Write]] {
        var agreed: [Write] = []
        var contested: [Dot: [Write]] = [:]
        for field in fields {
            let held = before?.fields.first { $0.field == field }
            if let held, held.isContested {
                for version in held.versions { contested[version.dot, default: []].append((field, version.value)) }
            } else {
                agreed.append((field, held?.versions.first?.value))
            }
        }
        let dots = contested.keys.sorted { rank($0) < rank($1) }
        guard let first = dots.first else { return agreed.isEmpty ? [] : [agreed] }
        contested[first]?.append(contentsOf: agreed)
        return dots.compactMap { contested[$0] }
    }

    private func versions(of field: Name, _ record: Record?) -> [Version] { record?.fields.first { $0.field == field }?.versions ?? [] }

    private func hasValue(_ versions: [Version]) -> Bool { versions.contains { $0.value != nil } }

    /// The writes in pieces that an event has room for: a record may be larger than one.
    private static func fitting(_ writes: [Write]) -> [[Write]] {
        var pieces: [[Write]] = [[]]
        var byteCount = 0
        for write in writes {
            let own = 6 * write.field.utf8.count + (write.value?.canonical.count ?? 0) + 8
            if byteCount + own > Limits.eventBytes / 2 && byteCount > 0 {
                pieces.append([])
                byteCount = 0
            }
            pieces[pieces.count - 1].append(write)
            byteCount += own
        }
        return pieces
    }

    private static func body(_ writes: [Write]) -> EventBody {
        let set = writes.compactMap { write in write.value.map { FieldWrite(field: write.field, value: $0) } }
        guard let body = try? EventBody.writing(set: set, unset: writes.filter { $0.value == nil }.map(\.field)) else {
            preconditionFailure("a side writes something, and no field twice")
        }
        return body
    }
}
