internal import EventCore
internal import ReplicaEngine

/// Says of an event what it changed, from what, and whether somebody else was writing at the same time.
struct Auditor: ~Copyable {
    /// One line of the audit trail.
    struct Entry {
        struct Change {
            let field: Name
            /// The values that the writer saw; none when the field was absent.
            let before: [FieldValue]
            /// nil when the field was removed.
            let after: FieldValue?
        }

        let logged: LoggedEvent
        let changes: [Change]
        /// Earlier events of the record in this log that the writer had not seen.
        let concurrentWith: [Dot]
        /// Whether the record is in conflict right after it, in this log.
        let leavesConflict: Bool
    }

    private let store: Store
    /// Everything seen so far: what most writers saw.
    private var fold = RecordFold()

    init(_ store: Store) { self.store = store }

    /// Takes the next event in; they come in the order of the log, and of each record all of them.
    mutating func see(_ logged: LoggedEvent) throws(ReplicaError) {
        do throws(BlockError) { try fold.add(CollectionOfOne(logged.event)) } catch {
            throw ReplicaError.malformedBlock(at: logged.position)
        }
    }

    /// Takes the next event in and says what it changed.
    mutating func entry(_ logged: LoggedEvent) throws(ReplicaError) -> Entry {
        let event = logged.event
        let (before, concurrent) = try before(logged)
        func values(_ field: Name) -> [FieldValue] {
            before?.fields.first { $0.field == field }?.versions.compactMap(\.value) ?? []
        }
        var changes: [Entry.Change] = []
        switch event.body {
        case .delete:
            for field in before?.fields ?? [] where !values(field.field).isEmpty {
                changes.append(Entry.Change(field: field.field, before: values(field.field), after: nil))
            }
        case .write(let set, let unset):
            changes = set.map { Entry.Change(field: $0.field, before: values($0.field), after: $0.value) }
            changes += unset.map { Entry.Change(field: $0, before: values($0), after: nil) }
        }
        try see(logged)
        let isContested = fold.hasSiblings(event.key) ? try record(event.key, logged.position)?.isContested == true : false
        return Entry(
            logged: logged, changes: changes.sorted { $0.field < $1.field }, concurrentWith: concurrent, leavesConflict: isContested)
    }

    /// The record as the writer saw it, and the earlier events of this log that it had not seen.
    private func before(_ logged: LoggedEvent) throws(ReplicaError) -> (Record?, [Dot]) {
        let event = logged.event
        guard fold.clock(of: event.key) != event.context else { return (try record(event.key, logged.position), []) }
        let earlier = try store.history(of: event.key).prefix { $0.position < logged.position }.map(\.event)
        let seen = try store.fold(earlier.filter { event.context.covers($0.dot) }, of: event.key)
        return (seen, earlier.map(\.dot).filter { !event.context.covers($0) })
    }

    private func record(_ key: RecordKey, _ position: Position) throws(ReplicaError) -> Record? {
        do throws(BlockError) { return try fold.record(key) } catch { throw ReplicaError.malformedBlock(at: position) }
    }
}

extension Auditor.Entry {
    func writeText(to output: Output, name: String) {
        let event = logged.event
        let time = TimeText.iso(event.time)
        var head = "#\(logged.position.index + 1)  \(time)  \(name):\(event.dot.seq)  \(event.kind.word)  \(Arguments.text(event.key))"
        if event.body == .delete { head += "  delete" }
        if event.isCritical { head += "  critical" }
        if leavesConflict { head += "  in conflict" } else if !concurrentWith.isEmpty { head += "  concurrent" }
        output.line(head)
        if let undoes = event.undoes { output.line("      undoes \(undoes)") }
        if let note = event.note { output.line("      note: \(note.text)") }
        for change in changes {
            let before = change.before.isEmpty ? "(nothing)" : change.before.map(\.description).joined(separator: " | ")
            output.line("      \(change.field.text): \(before) → \(change.after?.description ?? "(removed)")")
        }
    }

    func writeJSON(to output: Output, name: String) {
        let event = logged.event
        output.object { writer in
            writer.key("position")
            writer.integer(logged.position.index + 1)
            writer.key("dot")
            writer.dot(event.dot)
            writer.key("device")
            writer.device(event.dot.device)
            writer.key("name")
            writer.string(name)
            writer.key("time")
            writer.string(TimeText.iso(event.time))
            writer.key("kind")
            writer.string(event.kind.word)
            writer.key("collection")
            writer.string(event.key.collection.utf8)
            writer.key("record")
            writer.string(event.key.record.utf8)
            writer.key("delete")
            writer.boolean(event.body == .delete)
            writer.key("critical")
            writer.boolean(event.isCritical)
            if let note = event.note {
                writer.key("note")
                writer.string(note.utf8)
            }
            if let undoes = event.undoes {
                writer.key("undoes")
                writer.dot(undoes)
            }
            writer.key("changes")
            writer.beginArray()
            for change in changes { write(change, &writer) }
            writer.endArray()
            writer.key("concurrentWith")
            writer.beginArray()
            for dot in concurrentWith { writer.dot(dot) }
            writer.endArray()
            writer.key("conflict")
            writer.boolean(leavesConflict)
        }
    }

    /// `before` is left out when there was nothing; `beforeAll` stands beside it when several values stood.
    private func write(_ change: Change, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("field")
        writer.string(change.field.utf8)
        if let before = change.before.first {
            writer.key("before")
            writer.canonical(before)
        }
        if change.before.count > 1 {
            writer.key("beforeAll")
            writer.beginArray()
            for value in change.before { writer.canonical(value) }
            writer.endArray()
        }
        if let after = change.after {
            writer.key("after")
            writer.canonical(after)
        } else {
            writer.key("removed")
            writer.boolean(true)
        }
        writer.endObject()
    }
}
