internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Settles conflicts.
struct ResolveCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Settle a conflict: take a side, or set values.",
        discussion: """
            SIDE is a letter as `show` prints it, a device (its name or the start of its id), or device:seq. A field in which the side has no entry stays open. Example:

              syncline resolve notes/trip --choose laptop
              syncline resolve --all --where collection=notes --choose laptop --dry-run
            """)

    @Argument(help: "The record, collection/id.") var record: String?
    @Option(help: ArgumentHelp("Take this side.", valueName: "side")) var choose: String?
    @Option(help: ArgumentHelp("Set a field to another value; may be repeated.", valueName: "field=value")) var set: [String] = []
    @Flag(help: "Every conflict that --where lets through.") var all = false
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "With --all: collection=NAME, or a field and the value that it shows; may be repeated.", valueName: "field=value"))
    var conditions: [String] = []
    @Flag(help: "Say what would be written, and write nothing.") var dryRun = false
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard all != (record != nil) else { throw ValidationError("name one record, or --all") }
        guard (choose != nil) != !set.isEmpty else { throw ValidationError("say --choose SIDE or --set field=value, one of them") }
        guard all || conditions.isEmpty else { throw ValidationError("--where goes with --all") }
    }

    func run(_ session: Session) throws {
        let store = dryRun ? try session.reading() : try session.writing()
        let conflicts: [Conflict]
        if let record {
            let key = try Arguments.record(record)
            guard try store.record(key) != nil else { throw ConsoleError(noRecord: key) }
            guard let conflict = try store.conflict(key) else {
                throw ConsoleError(
                    code: "no-conflict", "nothing is in conflict in \(Arguments.text(key))", hint: "`syncline conflicts` lists what is")
            }
            conflicts = [conflict]
        } else {
            conflicts = try store.conflicts().filter(try condition())
            if conflicts.isEmpty {
                session.output.note(conditions.isEmpty ? "nothing is in conflict" : "no conflict matches")
                return
            }
        }
        var drafts: [Draft] = []
        for conflict in conflicts {
            do { drafts.append(try draft(conflict, session, store)) } catch let error as ConsoleError {
                // With --all a conflict in which nobody is the chosen one is left as it is.
                guard all && error.code == "no-such-side" else { throw error }
                session.output.note("left open: \(Arguments.text(conflict.key)), \(error.sentence)")
            }
        }
        if dryRun {
            for draft in drafts {
                if session.isJSON {
                    Self.json(draft, session.output)
                } else {
                    session.output.line("\(Arguments.text(draft.key))  \(Self.words(draft.body))")
                }
            }
            session.output.note("\(drafts.count) would be settled; nothing was written")
            return
        }
        let events = try store.commit(drafts, wall: Machine.wall)
        for event in events {
            session.report(event)
            if let rest = try store.conflict(event.key) {
                let fields = (rest.isDeleteAgainstEdit ? ["delete against edit"] : []) + rest.fields.map(\.field.text)
                session.output.note("still open in \(Arguments.text(event.key)): \(fields.joined(separator: ", "))")
            }
        }
        try store.close()
    }

    private func draft(_ conflict: Conflict, _ session: Session, _ store: Store) throws -> Draft {
        let note = try Arguments.note(note)
        if let choose {
            let sides = try sides(choose, conflict, session, store)
            do throws(ReplicaError) { return try store.resolution(of: conflict, choosing: sides, note: note) } catch {
                guard case .invalidDraft(.emptyBody) = error else { throw error }
                throw ConsoleError(code: "no-such-side", "that side has no entry in a contested field")
            }
        }
        return try store.resolution(of: conflict, setting: try set.map(Arguments.write), note: note)
    }

    /// The dots that a side's letter, its device or its event name means.
    private func sides(_ text: String, _ conflict: Conflict, _ session: Session, _ store: Store) throws -> [Dot] {
        if !all, let index = conflict.sides.indices.first(where: { ConflictPage.letter($0) == text.lowercased() }) {
            return [conflict.sides[index].dot]
        }
        let dots: [Dot]
        if text.count == 1, !store.names.values.contains(text) {
            // A letter that is no side's must not happen to fit the start of a device's id.
            dots = []
        } else if text.contains(":") {
            dots = [try session.dot(text, in: store)]
        } else {
            let device = try session.device(text, in: store)
            dots = conflict.sides.map(\.dot).filter { $0.device == device }
        }
        guard !dots.isEmpty, dots.allSatisfy({ dot in conflict.sides.contains { $0.dot == dot } }) else {
            let names = conflict.sides.enumerated().map { "\(ConflictPage.letter($0)) \(session.name(of: $1.dot.device, in: store))" }
            throw ConsoleError(code: "no-such-side", "“\(text)” is no side of it", hint: "the sides are: " + names.joined(separator: ", "))
        }
        return dots
    }

    private func condition() throws -> (Conflict) -> Bool {
        let writes = try conditions.map(Arguments.write)
        return { conflict in
            writes.allSatisfy { write in
                if write.field.text == "collection" { return FieldValue(text: conflict.key.collection.text) == write.value }
                return conflict.record.shown(write.field) == write.value
            }
        }
    }

    /// What would be written, in the names of an event's JSON form.
    private static func json(_ draft: Draft, _ output: Output) {
        output.object { writer in
            writer.key("collection")
            writer.string(draft.key.collection.utf8)
            writer.key("record")
            writer.string(draft.key.record.utf8)
            guard case .write(let set, let unset) = draft.body else {
                writer.key("delete")
                writer.boolean(true)
                return
            }
            writer.key("set")
            writer.beginObject()
            for write in set {
                writer.key(write.field.utf8)
                writer.canonical(write.value)
            }
            writer.endObject()
            writer.key("unset")
            writer.beginArray()
            for field in unset { writer.string(field.utf8) }
            writer.endArray()
        }
    }

    private static func words(_ body: EventBody) -> String {
        switch body {
        case .delete: "delete"
        case .write(let set, let unset):
            (set.map { "\($0.field.text)=\($0.value)" } + unset.map { "unset \($0.text)" }).joined(separator: " ")
        }
    }
}
