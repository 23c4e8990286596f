internal import EventCore

/// Decides what an undo writes: values only, no store.
struct UndoPlanner {
    private typealias Write = (field: Name, value: FieldValue?)

    private let undone: [Event]
    private let now: Record
    /// The record as the undone event's writer saw it.
    private let before: Record?
    /// Whether a delete is undone, or one came to its end: then all fields are concerned, not only those that the event wrote.
    private let isWholeRecord: Bool
    /// The concerned fields, sorted.
    private let fields: [Name]

    init(undoing undone: [Event], now: Record, before: Record?) {
        (self.undone, self.now, self.before) = (undone, now, before)
        isWholeRecord = before?.tombstones.isEmpty == false || undone.contains { $0.body == .delete }
        var fields: Set<Name> = []
        for event in undone {
            guard case .write(let set, let unset) = event.body else { continue }
            fields.formUnion(set.map(\.field))
            fields.formUnion(unset)
        }
        if isWholeRecord { fields.formUnion((now.fields + (before?.fields ?? [])).map(\.field)) }
        self.fields = fields.sorted()
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
        var sides = sides(fields.filter { isWritten($0, besideDelete: !deletes.isEmpty) })
        // A delete that found nothing: what ends it is any write.
        if sides.isEmpty && deletes.isEmpty { sides = fields.prefix(1).map { [(field: $0, value: nil)] } }
        func draft(_ body: EventBody) -> Draft { Draft(key: now.key, body: body, kind: .undo, undoes: undone[0].dot, note: note) }
        var drafts: [Draft] = []
        for side in sides { for writes in Self.fitting(side) { drafts.append(draft(Self.body(writes))) } }
        drafts += deletes.map { _ in draft(.delete) }
        guard !drafts.isEmpty else { throw .nothingToUndo(undone[0].dot) }
        return drafts
    }

    /// A written field always; of the whole record those in which something is or was. A delete leaves nothing to do in a field that stays empty.
    private func isWritten(_ field: Name, besideDelete: Bool) -> Bool {
        if !isWholeRecord { return true }
        return hasValue(versions(of: field, before)) || !besideDelete && hasValue(versions(of: field, now))
    }

    /// The writes of each side, smallest rank first, so that what was shown is shown again. Uncontested fields go with the first.
    private func sides(_ fields: [Name]) -> [[Write]] {
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
        let times = before?.times ?? [:]
        func rank(_ dot: Dot) -> Rank { Rank(time: times[dot] ?? HybridTime(packed: 0), dot: dot) }
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
