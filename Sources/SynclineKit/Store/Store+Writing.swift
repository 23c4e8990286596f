internal import EventCore
internal import ReplicaEngine
internal import SyncClient

extension Store {
    /// Sets fields of a record, which is made by it where there is none; other fields stay as they are. On disk when it returns.
    ///
    /// A write over a contested field settles it, as a resolution does.
    ///
    /// - Parameter note: why, for the audit: at most 1024 bytes of UTF-8.
    /// - Returns: the event's name.
    /// - Throws: `.invalid` with nothing done; `.notAllowed` with nothing done for a policy (a record of `_policy`) of a store that has joined a hub and does not lead;
    ///   `.closed`, `.diskFull`, `.system`, `.full`
    @discardableResult
    public func set(_ fields: [Name: Value], in record: RecordKey, note: String? = nil) throws(SynclineError) -> Dot {
        try write(Edit(record, set: fields, note: note))
    }

    /// Removes fields of a record.
    ///
    /// - Parameter note: why, for the audit.
    /// - Returns: the event's name.
    /// - Throws: as `set`
    @discardableResult
    public func unset(_ fields: [Name], in record: RecordKey, note: String? = nil) throws(SynclineError) -> Dot {
        try write(Edit(record, unset: fields, note: note))
    }

    /// Deletes a record. Any later write makes it live again.
    ///
    /// - Parameter note: why, for the audit.
    /// - Returns: the event's name.
    /// - Throws: as `set`
    @discardableResult
    public func delete(_ record: RecordKey, note: String? = nil) throws(SynclineError) -> Dot {
        try write(Edit(deleting: record, note: note))
    }

    /// Writes an edit: one event.
    ///
    /// - Returns: the event's name.
    /// - Throws: as `set`
    @discardableResult
    public func write(_ edit: Edit) throws(SynclineError) -> Dot { try write([edit])[0] }

    /// Writes edits together: after an interruption all of them are there, or none. Much faster than one by one.
    ///
    /// - Returns: an event's name for each.
    /// - Throws: as `set`
    @discardableResult
    public func write(_ edits: [Edit]) throws(SynclineError) -> [Dot] {
        var drafts: [Draft] = []
        for edit in edits { drafts.append(try edit.draft()) }
        return try writing { store in try store.commitSettling(drafts, wall: Host.wall).map { Dot($0.event.dot) } }
    }

    /// Writes what a resolution answers. Where it leaves fields open the rest of the conflict stays.
    ///
    /// - Parameter note: why, for the audit.
    /// - Returns: the event's name.
    /// - Throws: `.conflictChanged` where the record is not in the conflict any more that was looked at; `.answerDoesNotFit` where nothing was answered, or not all that has to be
    ///   answered together; otherwise as `set`
    @discardableResult
    public func resolve(_ resolution: Resolution, note: String? = nil) throws(SynclineError) -> Dot {
        let conflict = resolution.conflict
        let note = try note.map { (note) throws(SynclineError) in try checkedNote(note) }
        let draft: Draft
        do throws(ResolutionError) { draft = try resolution.value.draft(note: note) } catch {
            throw SynclineError(error, name: conflict.name)
        }
        return try writing { store in
            guard try store.conflict(draft.key) == conflict.value else {
                throw SynclineError(
                    .conflictChanged, "\(conflict.key) has changed meanwhile; nothing was written", advice: "look at it again")
            }
            return Dot(try store.commitSettling([draft], wall: Host.wall)[0].event.dot)
        }
    }

    /// Takes an event back: writes back what it had overwritten. Taking a resolution back opens the conflict again.
    ///
    /// - Parameters:
    ///   - dot: an event of any device; nil for this device's newest that is neither an undo nor undone.
    ///   - overwriting: whether to do it although something has been written over it since, or it is undone already.
    /// - Returns: the names of the events that were written: one, or one for each side of a conflict that is open again.
    /// - Throws: `.nothingToUndo`, `.noSuchEvent`, `.movedOn`; otherwise as `set`
    @discardableResult
    public func undo(_ dot: Dot? = nil, overwriting: Bool = false) throws(SynclineError) -> [Dot] {
        try writing { store in
            guard let dot = try dot?.value ?? store.newestToUndo() else {
                throw SynclineError(.nothingToUndo, "this device has written nothing that is not undone")
            }
            return try Self.undo(dot, overwriting, in: store)
        }
    }

    /// Takes this device's newest undo back that is not taken back, then the one before it, and so on.
    ///
    /// - Parameter overwriting: as for `undo`.
    /// - Returns: the names of the events that were written.
    /// - Throws: as `undo`
    @discardableResult
    public func redo(overwriting: Bool = false) throws(SynclineError) -> [Dot] {
        try writing { store in
            guard let dot = try store.newestToRedo() else {
                throw SynclineError(.nothingToUndo, "this device has undone nothing that is not redone")
            }
            return try Self.undo(dot, overwriting, in: store)
        }
    }

    private static func undo<Storage>(_ dot: EventCore.Dot, _ overwriting: Bool, in store: Replica<Storage>) throws -> [Dot] {
        let plan = try store.undoPlan(of: dot)
        if !overwriting {
            if plan.isUndoneAlready { throw SynclineError(.movedOn, "\(dot) is undone already") }
            guard plan.movedOn.isEmpty else {
                throw SynclineError(
                    .movedOn, "\(RecordKey(plan.key)) has been written to since", advice: "look at it, then undo with `overwriting`")
            }
        }
        return try store.commit(plan.drafts, wall: Host.wall).map { Dot($0.dot) }
    }
}
