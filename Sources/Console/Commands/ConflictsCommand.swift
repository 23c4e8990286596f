internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Lists what disagrees.
struct ConflictsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts", abstract: "List open conflicts, numbered, with each side's device and age.",
        discussion: """
            With --stats it counts instead: conflicts that were ever opened, by collection, field and devices, and how long they took, from the sides with which \
            each began to what settled it. One whose resolution was undone is open again. Example:

              syncline conflicts --collection notes
              syncline conflicts --stats
            """)

    @Option(help: ArgumentHelp("Only this collection.", valueName: "name")) var collection: String?
    @Option(help: ArgumentHelp("Only conflicts over this field.", valueName: "name")) var field: String?
    @Option(help: ArgumentHelp("Only conflicts in which this device has a side: its name or the start of its id.", valueName: "device"))
    var device: String?
    @Option(help: ArgumentHelp("Only the first so many.", valueName: "n")) var limit: Int?
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @Flag(help: "Count conflicts of the whole log, open and settled.") var stats = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is at least 0") }
        if stats && (at != nil || limit != nil) {
            throw ValidationError("--stats is about the whole log: neither --at nor --limit goes with it")
        }
    }

    func run(_ session: Session) throws { _ = try list(session) }

    /// Whether it may leave out what is in conflict.
    var isFiltered: Bool { collection != nil || field != nil || device != nil || limit == 0 }

    /// Lists them.
    ///
    /// - Parameter shownLimit: a terminal gets no more than these, and how many there are.
    /// - Returns: the records in the order of their numbers; none of statistics.
    func list(_ session: Session, shownLimit: Int = .max) throws -> [RecordKey] {
        let collection = try collection.map(Arguments.collection)
        let field = try field.map(Arguments.field)
        let store = try session.reading()
        let device = try device.map { try session.device($0, in: store) }
        if stats {
            let progress = Progress("counting", total: 0, unit: "events", on: session.output)
            let statistics = try store.conflictStatistics(progress: progress.advance(to:of:)) { group in
                (collection.map { $0 == group.collection } ?? true) && (field.map { $0 == group.field } ?? true)
                    && (device.map { group.devices.contains($0) } ?? true)
            }
            progress.end()
            let page = ConflictStatisticsPage(statistics: statistics) { session.name(of: $0, in: store) }
            if session.isJSON { page.writeJSON(to: session.output) } else { page.writeText(to: session.output) }
            return []
        }
        var keys: [RecordKey] = []
        let progress = Progress("going back", total: 0, unit: "events", on: session.output)
        let moment = try session.moment(at, in: store)
        try store.openConflicts(in: collection, over: field, of: device, at: moment, progress: progress.advance(to:of:)) { conflict in
            progress.end()
            guard limit.map({ keys.count < $0 }) ?? true else { return false }
            keys.append(conflict.key)
            guard keys.count <= shownLimit else { return true }
            if session.isJSON { json(conflict, session, store) } else { line(keys.count, conflict, session, store) }
            session.output.flushIfSlow()
            return true
        }
        progress.end()
        if keys.isEmpty && limit != 0 && !session.isJSON {
            session.output.note(isFiltered ? "no conflict matches" : "nothing is in conflict")
        }
        if keys.count > shownLimit {
            session.output.note("… and \(keys.count - shownLimit) more: `conflicts --limit \(keys.count)`, or settle many by `all --where`")
        }
        return keys
    }

    private func json(_ conflict: OpenConflict, _ session: Session, _ store: Store) {
        session.output.object { writer in
            writer.key("collection")
            writer.string(conflict.key.collection.utf8)
            writer.key("record")
            writer.string(conflict.key.record.utf8)
            writer.key("fields")
            writer.beginArray()
            if conflict.isDeletionOpen { writer.string("") }
            for field in conflict.fields { writer.string(field.utf8) }
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
                writer.string(TimeText.iso(side.time))
                if side.standsFor != side.dot { writer.standsFor(side.standsFor, name: session.name(of: side.standsFor.device, in: store)) }
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private func line(_ number: Int, _ conflict: OpenConflict, _ session: Session, _ store: Store) {
        var what = (conflict.isDeletionOpen ? ["delete against edit"] : []) + conflict.fields.map { Arguments.shown($0.text) }
        // Whole edits that agree on every field.
        if what.isEmpty { what = ["edits side by side"] }
        let sides = conflict.sides.map { side in
            let undo = side.standsFor == side.dot ? "" : " (undo)"
            return "\(session.name(of: side.standsFor.device, in: store))\(undo) \(TimeText.age(of: side.time, at: Machine.wall))"
        }
        session.output.line(
            "\(number)  \(Arguments.shown(conflict.key))  \(what.joined(separator: ", "))  (\(sides.joined(separator: " | ")))")
    }
}
