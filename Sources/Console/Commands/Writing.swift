internal import EventCore
internal import ReplicaEngine

/// What `put`, `unset`, `delete` and `resolve` have in common: a draft becomes durable, then its dot is printed.
struct Writing {
    let session: Session
    let store: Store

    init(_ session: Session) throws {
        self.session = session
        store = try session.writing()
    }

    /// Commits a draft. A write that ends a conflict is of kind `resolve`, and stderr says what it settled.
    func commit(_ draft: Draft) throws {
        var draft = draft
        var settled: [String] = []
        let conflict = try store.conflict(draft.key)
        if let conflict {
            settled = Self.settled(by: draft.body, of: conflict)
            if draft.kind == .edit && !settled.isEmpty { draft.kind = .resolve }
        }
        let wall = Machine.wall
        let events = try store.commit([draft], wall: wall)
        guard let event = events.first else { preconditionFailure("one draft is one event") }
        if let conflict, !settled.isEmpty { store.remember([draft], settling: [conflict], wall: wall) }
        try store.close()
        session.report(event)
        if !settled.isEmpty { session.output.note("settled in \(Arguments.text(draft.key)): " + settled.joined(separator: ", ")) }
    }

    /// What the write leaves uncontested: contested fields that it writes, and delete against edit, which any write ends.
    private static func settled(by body: EventBody, of conflict: Conflict) -> [String] {
        let contested = conflict.fields.map(\.field)
        var settled: [String] = conflict.isDeleteAgainstEdit ? ["delete against edit"] : []
        // One event that has seen all heads ends a conflict of whole edits, whatever it writes.
        if conflict.isOfWholeEdits { return settled + (settled.isEmpty ? ["edits side by side"] : []) + contested.map(\.text) }
        switch body {
        case .delete: settled += contested.map(\.text)
        case .write(let set, let unset):
            settled += contested.filter { field in set.contains { $0.field == field } || unset.contains(field) }.map(\.text)
        }
        return settled
    }
}

/// A body whose mistakes are the typist's.
func body(set: [FieldWrite], unset: [Name]) throws -> EventBody {
    do throws(EventError) { return try .writing(set: set, unset: unset) } catch { throw ConsoleError.usage(Sentences.event(error)) }
}
