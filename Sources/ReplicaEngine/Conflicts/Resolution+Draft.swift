package import EventCore

/// What a resolution writes.
extension Resolution {
    /// What becomes of one field.
    package struct Change: Hashable, Sendable {
        package let field: Name
        /// What is shown now; nil when nothing is.
        package let before: FieldValue?
        /// What will be shown; nil when nothing will be.
        package let after: FieldValue?
        /// Where it comes from; nil when the record is deleted.
        package let origin: Answer.Origin?
    }

    /// Every field that will be written, sorted, those that keep their shown value included: writing it settles them.
    package var changes: [Change] {
        let shown = Dictionary(uniqueKeysWithValues: conflict.shown.map { ($0.field, $0.value) })
        if isDelete { return conflict.shown.map { Change(field: $0.field, before: $0.value, after: nil, origin: nil) } }
        return answeredFields.compactMap { field in
            answer(field).map { Change(field: field, before: shown[field], after: $0.value, origin: $0.origin) }
        }
    }

    /// The event that settles what has been answered; its context will cover every sibling. Fields that are open stay so.
    package func draft(note: Note? = nil) throws(ResolutionError) -> Draft {
        if isDelete { return Draft(key: conflict.key, body: .delete, kind: .resolve, note: note) }
        guard !answeredFields.isEmpty else { throw .nothingAnswered }
        // One event ends a conflict of whole edits: it must not leave out what nobody has looked at.
        guard !conflict.isOfWholeEdits || openFields.isEmpty else { throw .unanswered(openFields) }
        try checkSize(note: note)
        return Draft(key: conflict.key, body: body, kind: .resolve, note: note)
    }

    /// What is written of the fields that have an answer.
    private var body: EventBody {
        var set: [FieldWrite] = []
        var unset: [Name] = []
        for field in answeredFields {
            guard let answer = answer(field) else { continue }
            if let value = answer.value { set.append(FieldWrite(field: field, value: value)) } else { unset.append(field) }
        }
        return .write(set: set, unset: unset)
    }

    /// Whether what has been answered so far fits into one event. Its dot and time, which it does not have yet, count as the shortest there are: nothing is refused that would fit.
    package func checkSize(note: Note? = nil) throws(ResolutionError) {
        guard !answeredFields.isEmpty else { return }
        let clock = conflict.record.clock
        let device = conflict.record.heads[0].device
        let event = try? Event(
            dot: Dot(device: device, seq: clock[device] + 1), key: conflict.key, context: clock, time: HybridTime(packed: 0), body: body,
            kind: .resolve, note: note)
        guard let bytes = event?.canonicalJSON.count, bytes > Limits.eventBytes else { return }
        throw .tooLarge(bytes: bytes, fields: answeredFields.count)
    }
}
