internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Lists what disagrees.
struct ConflictsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts", abstract: "List open conflicts, numbered, with each side's device and age.",
        discussion: "Example:\n\n  syncline conflicts --collection notes")

    @Option(help: ArgumentHelp("Only this collection.", valueName: "name")) var collection: String?
    @Option(help: ArgumentHelp("Only conflicts over this field.", valueName: "name")) var field: String?
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @Option(help: ArgumentHelp("Only the first so many.", valueName: "n")) var limit: Int?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        write(try conflicts(session, store), limit: limit ?? .max, session, store)
    }

    /// Those that are asked for.
    func conflicts(_ session: Session, _ store: Store) throws -> [Conflict] {
        let collection = try collection.map(Arguments.collection)
        let field = try field.map(Arguments.field)
        let moment = try session.moment(at, in: store)
        return try store.conflicts(in: collection, at: moment).filter { conflict in
            field.map { wanted in conflict.fields.contains { $0.field == wanted && $0.decision.isOpen } } ?? true
        }
    }

    func write(_ conflicts: [Conflict], limit: Int, _ session: Session, _ store: Store) {
        for (index, conflict) in conflicts.prefix(limit).enumerated() {
            if session.isJSON { json(conflict, session, store) } else { line(index + 1, conflict, session, store) }
        }
        guard !session.isJSON else { return }
        if conflicts.isEmpty { session.output.note("nothing is in conflict") }
        if conflicts.count > limit {
            session.output.note("… and \(conflicts.count - limit) more: `conflicts --limit \(conflicts.count)`, or settle many by `all --where`")
        }
    }

    private func json(_ conflict: Conflict, _ session: Session, _ store: Store) {
        session.output.object { writer in
            writer.key("collection")
            writer.string(conflict.key.collection.utf8)
            writer.key("record")
            writer.string(conflict.key.record.utf8)
            writer.key("fields")
            writer.beginArray()
            if conflict.isDeletionOpen { writer.string("") }
            for field in conflict.openFields { writer.string(field.field.utf8) }
            writer.endArray()
            writer.key("sides")
            writer.beginArray()
            for side in conflict.sides {
                writer.beginObject()
                writer.key("dot")
                writer.dot(side.dot)
                writer.key("device")
                writer.device(side.dot.device)
                writer.key("name")
                writer.string(session.name(of: side.dot.device, in: store))
                writer.key("time")
                writer.string(TimeText.iso(side.event.time))
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private func line(_ number: Int, _ conflict: Conflict, _ session: Session, _ store: Store) {
        let what = (conflict.isDeletionOpen ? ["delete against edit"] : []) + conflict.openFields.map(\.field.text)
        let sides = conflict.sides.map { side in
            "\(session.name(of: side.dot.device, in: store)) \(TimeText.age(of: side.event.time, at: Machine.wall))"
        }
        session.output.line(
            "\(number)  \(Arguments.text(conflict.key))  \(what.joined(separator: ", "))  (\(sides.joined(separator: " | ")))")
    }
}
