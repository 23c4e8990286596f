internal import EventCore
internal import ReplicaEngine

/// A record's fields as policies show them, each with who wrote that, when, and by which events.
struct WritersPage {
    let writers: [Dot: LoggedRow]
    let name: (DeviceID) -> String

    func writeText(_ decided: DecidedRecord, to output: Output) {
        if decided.isDeleted || decided.isDeletionOpen {
            let policy = decided.conflict?.winner == nil ? nil : decided.conflict?.policy
            for tombstone in decided.record.tombstones {
                output.line("\(decided.isDeleted ? "deleted" : "! deleted")\(Self.words(policy))  by \(who(tombstone))")
            }
        }
        let open = Set(decided.open.map(\.field))
        for field in decided.fields {
            let policy = policy(field, decided)
            let mark = open.contains(field) ? "! " : policy == nil ? "  " : "~ "
            let value = ValueText.short([decided.shown(field)])
            let authors = decided.versionsBehind(field).map { who($0.dot) }.joined(separator: "; ")
            output.line("\(mark)\(field.text) = \(value)\(Self.words(policy))  by \(authors)")
        }
    }

    /// The policy that decides the field; nil where none does.
    private func policy(_ field: Name, _ decided: DecidedRecord) -> Policy? {
        decided.conflict?.fields.first { $0.field == field && !$0.decision.isOpen }?.policy
    }

    private static func words(_ policy: Policy?) -> String { policy.map { "  (policy \($0.word))" } ?? "" }

    private func who(_ dot: Dot) -> String {
        guard let row = writers[dot]?.row else { return "\(name(dot.device)):\(dot.seq)" }
        let note = row.note.map { "  “\($0.text)”" } ?? ""
        return "\(name(dot.device)):\(dot.seq)  \(row.kind.word)  \(TimeText.iso(row.time))\(note)"
    }

    /// `who`: for each field the event, with `also`, where the value comes from several, the others; `deletedBy`: the live deletes.
    func writeJSON(_ decided: DecidedRecord, _ writer: inout JSONWriter) {
        writer.key("who")
        writer.beginObject()
        for field in decided.fields {
            let dots = decided.versionsBehind(field).map(\.dot)
            guard let first = dots.first else { continue }
            writer.key(field.utf8)
            writer.beginObject()
            members(first, &writer)
            if dots.count > 1 {
                writer.key("also")
                list(dots.dropFirst(), &writer)
            }
            writer.endObject()
        }
        writer.endObject()
        guard !decided.record.tombstones.isEmpty else { return }
        writer.key("deletedBy")
        list(decided.record.tombstones[...], &writer)
    }

    private func list(_ dots: ArraySlice<Dot>, _ writer: inout JSONWriter) {
        writer.beginArray()
        for dot in dots {
            writer.beginObject()
            members(dot, &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    private func members(_ dot: Dot, _ writer: inout JSONWriter) {
        writer.key("dot")
        writer.dot(dot)
        writer.key("device")
        writer.device(dot.device)
        writer.key("name")
        writer.string(name(dot.device))
        guard let logged = writers[dot] else { return }
        writer.key("time")
        writer.string(TimeText.iso(logged.row.time))
        writer.key("kind")
        writer.string(logged.row.kind.word)
        writer.key("position")
        writer.integer(logged.position.index + 1)
        if let note = logged.row.note {
            writer.key("note")
            writer.string(note.utf8)
        }
    }
}
