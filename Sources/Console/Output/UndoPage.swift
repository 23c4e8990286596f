internal import EventCore
internal import ReplicaEngine

/// What an undo takes back, as people and programs read it.
struct UndoPage {
    let plan: UndoPlan
    let name: (DeviceID) -> String

    /// What is undone, and a line for each field that changes by it.
    var lines: [String] {
        let event = plan.undone[0]
        let what = "\(event.kind == .edit && event.body == .delete ? "delete" : event.kind.word) of \(Arguments.shown(plan.key))"
        let note = event.note.map { ", “\($0.text)”" } ?? ""
        var lines = ["undoes \(name(event.dot.device)):\(event.dot.seq), \(what), \(TimeText.age(of: event.time, at: Machine.wall))\(note)"]
        switch (plan.isDeletedNow, plan.isDeletedThen) {
        case (true, false): lines.append("  it is no longer deleted")
        case (_, true): lines.append(plan.drafts.count > 1 ? "  it is deleted on one side" : "  it is deleted")
        case (false, false): break
        }
        return lines
            + plan.changes.map { change in
                let (now, then) = ValueText.change(change.now, change.then, columns: Self.valueColumns)
                func text(_ text: String, _ values: [FieldValue?], _ isDeleted: Bool) -> String {
                    values.isEmpty && isDeleted ? ValueText.deleted : text
                }
                return
                    "  \(change.field.text): \(text(now, change.now, plan.isDeletedNow)) → \(text(then, change.then, plan.isDeletedThen))"
            }
    }

    /// Why somebody has to say that it is meant; nil when nobody has to.
    var reasonToAsk: String? {
        let record = Arguments.shown(plan.key)
        if plan.isUndoneAlready { return "\(name(plan.dot.device)):\(plan.dot.seq) is undone already" }
        guard !plan.movedOn.isEmpty else { return nil }
        let moved = plan.movedOn.prefix(Self.movedLimit).map { moved in
            let author = "\(name(moved.version.dot.device)):\(moved.version.dot.seq)"
            guard let field = moved.field else { return "deleted by \(author)" }
            return "\(field.text) is \(ValueText.short([moved.version.value], columns: Self.movedColumns)) by \(author)"
        }
        let more = plan.movedOn.count > Self.movedLimit ? " and \(plan.movedOn.count - Self.movedLimit) more" : ""
        return "\(record) has moved on since: \(moved.joined(separator: "; "))\(more)"
    }

    private static let movedLimit = 5
    private static let movedColumns = 48
    private static let valueColumns = 120

    /// - Parameters:
    ///   - events: what was written; none in a dry run.
    ///   - conflict: what is in conflict now.
    func writeJSON(to output: Output, events: [Event], conflict: Conflict?) {
        output.object { writer in
            if let first = events.first {
                writer.key("dot")
                writer.dot(first.dot)
            }
            writer.key("dots")
            writer.beginArray()
            for event in events { writer.dot(event.dot) }
            writer.endArray()
            writer.key("kind")
            writer.string(EventKind.undo.word)
            writer.key("undoes")
            writer.dot(plan.dot)
            writer.key("collection")
            writer.string(plan.key.collection.utf8)
            writer.key("record")
            writer.string(plan.key.record.utf8)
            writer.key("events")
            writer.integer(plan.drafts.count)
            writer.key("changes")
            writer.beginArray()
            for change in plan.changes {
                writer.beginObject()
                writer.key("field")
                writer.string(change.field.utf8)
                writer.key("now")
                writer.values(change.now)
                writer.key("then")
                writer.values(change.then)
                writer.endObject()
            }
            writer.endArray()
            writer.key("movedOn")
            writer.beginArray()
            for moved in plan.movedOn {
                writer.beginObject()
                writer.key("field")
                writer.string(moved.field?.utf8 ?? [])
                writer.key("version")
                writer.version(moved.version)
                writer.endObject()
            }
            writer.endArray()
            writer.key("conflict")
            writer.boolean(conflict != nil)
        }
    }
}
