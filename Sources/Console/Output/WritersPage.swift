internal import EventCore
internal import ReplicaEngine

/// A record's fields, each with who wrote what it shows, when, and by which event.
struct WritersPage {
    let writers: [Dot: LoggedRow]
    let name: (DeviceID) -> String

    func writeText(_ record: Record, to output: Output) {
        for tombstone in record.tombstones { output.line("\(record.isDeleted ? "deleted" : "! deleted")  by \(who(tombstone))") }
        for field in record.fields {
            let version = record.shownVersion(field)
            let value = version.value?.description ?? ValueText.removed
            output.line((field.isContested ? "! " : "  ") + "\(field.field.text) = \(value)  by \(who(version.dot))")
        }
    }

    private func who(_ dot: Dot) -> String {
        guard let row = writers[dot]?.row else { return "\(name(dot.device)):\(dot.seq)" }
        let note = row.note.map { "  “\($0.text)”" } ?? ""
        return "\(name(dot.device)):\(dot.seq)  \(row.kind.word)  \(TimeText.iso(row.time))\(note)"
    }

    /// `who`: for each field the event; `deletedBy`: the live deletes.
    func writeJSON(_ record: Record, _ writer: inout JSONWriter) {
        writer.key("who")
        writer.beginObject()
        for field in record.fields {
            writer.key(field.field.utf8)
            write(record.shownVersion(field).dot, &writer)
        }
        writer.endObject()
        guard !record.tombstones.isEmpty else { return }
        writer.key("deletedBy")
        writer.beginArray()
        for tombstone in record.tombstones { write(tombstone, &writer) }
        writer.endArray()
    }

    private func write(_ dot: Dot, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("dot")
        writer.dot(dot)
        writer.key("device")
        writer.device(dot.device)
        writer.key("name")
        writer.string(name(dot.device))
        if let logged = writers[dot] {
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
        writer.endObject()
    }
}
