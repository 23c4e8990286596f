internal import EventCore
internal import ReplicaEngine

/// Where a field's value comes from, as people and programs read it.
struct OriginPage {
    let origin: FieldOrigin
    let name: (DeviceID) -> String

    func writeText(to output: Output) {
        let row = origin.writer.row
        let entries = [origin.writer] + origin.overwrote + origin.contests
        let texts = zip(entries, ValueText.folded(entries.map { [$0.isDelete ? nil : $0.value] })).map { $0.isDelete ? "(deleted)" : $1 }
        let (overwrote, contests) = (texts.dropFirst().prefix(origin.overwrote.count), texts.suffix(origin.contests.count))
        output.line("\(Arguments.shown(origin.key))  \(origin.field.text) = \(texts[0])")
        output.line(
            "  \(origin.writer.isDelete ? "deleted" : "written") by \(who(row)), \(row.kind.word), event #\(origin.writer.logged.position.index + 1) here"
        )
        if let undoes = row.undoes { output.line("  undoes \(name(undoes.device)):\(undoes.seq)") }
        if let note = row.note { output.line("  note: \(note.text)") }
        let clocks = origin.context.entries.map { "\(name($0.device)):\($0.seq)" }
        output.line("  having seen \(clocks.isEmpty ? "nothing of this record" : "up to " + clocks.joined(separator: ", "))")
        for (entry, value) in zip(origin.overwrote, overwrote) { output.line("  overwrote \(value) by \(who(entry.row))") }
        if origin.overwrote.isEmpty { output.line("  overwrote nothing") }
        for entry in origin.agrees { output.line("  agrees with \(who(entry.row))") }
        for (entry, value) in zip(origin.contests, contests) { output.line("! contested: \(value) by \(who(entry.row))") }
        guard !origin.contests.isEmpty else { return }
        output.line("  last event that both sides knew: \(origin.lastKnownToAll.map { who($0.row) } ?? "none")")
    }

    private func who(_ row: BlockReader.Row) -> String { "\(name(row.dot.device)):\(row.dot.seq) at \(TimeText.iso(row.time))" }

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
            writer.versionVector(origin.context)
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

    private func members(_ logged: LoggedRow, _ writer: inout JSONWriter) {
        let row = logged.row
        writer.key("dot")
        writer.dot(row.dot)
        writer.key("device")
        writer.device(row.dot.device)
        writer.key("name")
        writer.string(name(row.dot.device))
        writer.key("time")
        writer.string(TimeText.iso(row.time))
        writer.key("kind")
        writer.string(row.kind.word)
        writer.key("position")
        writer.integer(logged.position.index + 1)
        if let note = row.note {
            writer.key("note")
            writer.string(note.utf8)
        }
        if let undoes = row.undoes {
            writer.key("undoes")
            writer.dot(undoes)
        }
        if row.epoch > 0 {
            writer.key("epoch")
            writer.integer(row.epoch)
        }
    }
}
