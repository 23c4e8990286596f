internal import EventCore
internal import ReplicaEngine

/// What `put`, `unset`, `delete` and `policy` have in common: a draft becomes durable, then its dot is printed.
struct Writing {
    let session: Session
    let store: Store

    init(_ session: Session) throws {
        self.session = session
        store = try session.writing()
    }

    /// Commits a draft. A write that ends a conflict is of kind `resolve`, and stderr says what it settled.
    func commit(_ draft: Draft) throws {
        let events = try session.writing([draft.key], in: store) { try store.commitSettling([draft], wall: Machine.wall) }
        guard let (event, settled) = events.first else { preconditionFailure("one draft is one event") }
        try session.close(store)
        session.report(event)
        if let settled { session.output.note("settled in \(Arguments.shown(draft.key)): " + Self.words(settled).joined(separator: ", ")) }
        try session.decide(by: draft.key, in: store)
    }

    private static func words(_ settled: (conflict: Conflict, fields: [Name])) -> [String] {
        let whole =
            settled.conflict.isDeleteAgainstEdit ? "delete against edit" : settled.conflict.isOfWholeEdits ? "edits side by side" : nil
        return (whole.map { [$0] } ?? []) + settled.fields.map(\.text)
    }
}

/// A body whose mistakes are the typist's.
func body(set: [FieldWrite], unset: [Name]) throws -> EventBody {
    do throws(EventError) { return try .writing(set: set, unset: unset) } catch { throw ConsoleError.usage(Sentences.event(error)) }
}
