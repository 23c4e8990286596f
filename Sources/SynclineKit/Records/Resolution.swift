internal import EventCore
internal import ReplicaEngine

/// A conflict and what has been answered so far. Every answer gives a new value; nothing is written before `Store.resolve`.
public struct Resolution: Hashable, Sendable {
    /// What becomes of a field.
    public struct Change: Hashable, Sendable {
        /// The field.
        public let field: Name
        /// What is shown now; nil where nothing is.
        public let before: Value?
        /// What will be shown; nil where nothing will be.
        public let after: Value?
    }

    /// What it settles.
    public let conflict: Conflict
    let value: ReplicaEngine.Resolution

    /// Nothing answered yet.
    public init(of conflict: Conflict) { self.init(conflict, ReplicaEngine.Resolution(of: conflict.value)) }

    private init(_ conflict: Conflict, _ value: ReplicaEngine.Resolution) {
        self.conflict = conflict
        self.value = value
    }

    // MARK: - What has been answered

    /// The contested fields that have no answer, sorted.
    public var openFields: [Name] { value.openFields.map { Name($0) } }

    /// Whether writing it leaves nothing open.
    public var isComplete: Bool { value.isComplete }

    /// Whether the record will be deleted.
    public var deletesRecord: Bool { value.isDelete }

    /// What would be written, sorted by field: a field that keeps what it shows is among it, as writing it settles it.
    public var changes: [Change] {
        value.changes.map { change in
            Change(field: Name(change.field), before: change.before.map { Value($0) }, after: change.after.map { Value($0) })
        }
    }

    // MARK: - Answers

    /// Takes a side in all that it has a part in: its values, or its delete. Against a delete an edit keeps the record as that side saw it.
    ///
    /// - Throws: `.answerDoesNotFit`
    public func choosing(_ side: Conflict.Side) throws(SynclineError) -> Resolution {
        try next { (value) throws(ResolutionError) in try value.choosing([side.event.value]) }
    }

    /// Takes a side for one field.
    ///
    /// - Throws: `.answerDoesNotFit`, `.invalid`
    public func choosing(_ side: Conflict.Side, for field: Name) throws(SynclineError) -> Resolution {
        let field = try field.checked()
        return try next { (value) throws(ResolutionError) in try value.choosing([side.event.value], for: field) }
    }

    /// Sets a field to any value, or removes it with nil.
    ///
    /// - Throws: `.answerDoesNotFit` where one of several edits has to be chosen first, `.invalid`
    public func setting(_ field: Name, to value: Value?) throws(SynclineError) -> Resolution {
        let field = try field.checked()
        let content = try value.map { (value) throws(SynclineError) in try value.checked() }
        return try next { (value) throws(ResolutionError) in try value.setting(field, to: content) }
    }

    /// Goes back to what all sides had seen, in one field or in everything.
    ///
    /// - Throws: `.answerDoesNotFit` where that was several values, `.invalid`
    public func takingBase(of field: Name? = nil) throws(SynclineError) -> Resolution {
        let field = try field.map { (field) throws(SynclineError) in try field.checked() }
        return try next { (value) throws(ResolutionError) in try value.takingBase(of: field) }
    }

    /// Takes what merges by itself in fields without an answer, or in one field, and leaves the rest open: where one side alone changed something, lists as sets, texts line by line.
    ///
    /// - Throws: `.answerDoesNotFit`, `.invalid`
    public func merging(_ field: Name? = nil) throws(SynclineError) -> Resolution {
        let field = try field.map { (field) throws(SynclineError) in try field.checked() }
        return try next { (value) throws(ResolutionError) in try value.merging(field) }
    }

    private func next(
        _ answer: (ReplicaEngine.Resolution) throws(ResolutionError) -> ReplicaEngine.Resolution
    ) throws(SynclineError) -> Resolution {
        do throws(ResolutionError) { return Resolution(conflict, try answer(value)) } catch {
            throw SynclineError(error, name: conflict.name)
        }
    }
}
