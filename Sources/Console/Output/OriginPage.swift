internal import EventCore
internal import ReplicaEngine

/// Where a field's value comes from, as people and programs read it.
struct OriginPage {
    let origin: FieldOrigin
    let name: (DeviceID) -> String

    func writeText(to output: Output) {
        let event = origin.writer.event
        output.line("\(Arguments.text(origin.key))  \(origin.field.text) = \(Self.value(origin.writer))")
        output.line(
            "  \(origin.writer.isDelete ? "deleted" : "written") by \(who(event)), \(event.kind.word), event #\(origin.writer.logged.position.index + 1) here"
        )
        if let undoes = event.undoes { output.line("  undoes \(name(undoes.device)):\(undoes.seq)") }
        if let note = event.note { output.line("  note: \(note.text)") }
        let clocks = event.context.entries.map { "\(name($0.device)):\($0.seq)" }
        output.line("  having seen \(clocks.isEmpty ? "nothing of this record" : "up to " + clocks.joined(separator: ", "))")
        for entry in origin.overwrote { output.line("  overwrote \(Self.value(entry)) by \(who(entry.event))") }
        if origin.overwrote.isEmpty { output.line("  overwrote nothing") }
        for entry in origin.agrees { output.line("  agrees with \(who(entry.event))") }
        for entry in origin.contests { output.line("! contested: \(Self.value(entry)) by \(who(entry.event))") }
        guard !origin.contests.isEmpty else { return }
        output.line("  last event that both sides knew: \(origin.lastKnownToAll.map { who($0.event) } ?? "none")")
    }

    private static func value(_ entry: FieldOrigin.Entry) -> String {
        entry.isDelete ? "(deleted)" : entry.value?.description ?? ValueText.removed
    }

    private func who(_ event: Event) -> String { "\(name(event.dot.device)):\(event.dot.seq) at \(TimeText.iso(event.time))" }

    func writeJSON(to output: Output) {
        output.object { writer in
            writer.key("collection")
            writer.string(origin.key.collection.utf8)
            writer.key("record")
            writer.string(origin.key.record.utf8)
            writer.key("field")
            writer.string(origin.field.utf8)
            members(origin.writer.logged, &writer)
            value(origin.writer, &writer)
            writer.key("context")
            writer.versionVector(origin.writer.event.context)
            writer.key("contested")
            writer.boolean(!origin.contests.isEmpty)
            for (key, entries) in [("overwrote", origin.overwrote), ("agrees", origin.agrees), ("contests", origin.contests)] {
                writer.key(key.utf8)
                writer.beginArray()
                for entry in entries {
                    writer.beginObject()
                    members(entry.logged, &writer)
                    value(entry, &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.key("lastKnownToAll")
            if let last = origin.lastKnownToAll {
                writer.beginObject()
                members(last, &writer)
                writer.endObject()
            } else {
                writer.null()
            }
        }
    }

    private func value(_ entry: FieldOrigin.Entry, _ writer: inout JSONWriter) {
        if let value = entry.value {
            writer.key("value")
            writer.canonical(value)
        } else {
            writer.key(entry.isDelete ? "delete" : "removed")
            writer.boolean(true)
        }
    }

    private func members(_ logged: LoggedEvent, _ writer: inout JSONWriter) {
        let event = logged.event
        writer.key("dot")
        writer.dot(event.dot)
        writer.key("device")
        writer.device(event.dot.device)
        writer.key("name")
        writer.string(name(event.dot.device))
        writer.key("time")
        writer.string(TimeText.iso(event.time))
        writer.key("kind")
        writer.string(event.kind.word)
        writer.key("position")
        writer.integer(logged.position.index + 1)
        if let note = event.note {
            writer.key("note")
            writer.string(note.utf8)
        }
        if let undoes = event.undoes {
            writer.key("undoes")
            writer.dot(undoes)
        }
        if event.epoch > 0 {
            writer.key("epoch")
            writer.integer(event.epoch)
        }
    }
}
