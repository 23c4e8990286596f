internal import EventCore
internal import ReplicaEngine

/// A conflict for programs.
extension ConflictPage {
    /// `conflict` false, or the base and the sides with what each holds.
    func writeJSON(to output: Output) {
        output.object { writer in
            RecordJSON.write(record, to: &writer)
            writer.key("conflict")
            writer.boolean(conflict != nil)
            guard let conflict else { return }
            PolicyJSON.write(conflict, to: &writer)
            writer.key("deleteAgainstEdit")
            writer.boolean(conflict.isDeleteAgainstEdit)
            writer.key("base")
            write(base: conflict, &writer)
            writer.key("sides")
            writer.beginArray()
            for (index, side) in conflict.sides.enumerated() { write(side, Self.letter(index), &writer) }
            writer.endArray()
        }
    }

    /// For each contested field every value that it held at the base; for delete against edit the whole record there.
    private func write(base conflict: Conflict, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("fields")
        writer.beginObject()
        for field in conflict.fields {
            writer.key(field.field.utf8)
            writer.values(field.base)
        }
        writer.endObject()
        writer.key("record")
        if let base = conflict.base {
            writer.beginObject()
            RecordJSON.write(base, to: &writer)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private func write(_ side: Side, _ letter: String, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("side")
        writer.string(letter)
        writer.key("dot")
        writer.dot(side.dot)
        writer.key("device")
        writer.device(side.dot.device)
        writer.key("name")
        writer.string(name(side.dot.device))
        writer.key("time")
        writer.string(TimeText.iso(side.event.time))
        if side.standsFor != side.dot { writer.standsFor(side.standsFor, name: name(side.standsFor.device)) }
        if let note = side.event.note {
            writer.key("note")
            writer.string(note.utf8)
        }
        writer.key("delete")
        writer.boolean(side.isDelete)
        if let undoes = side.event.undoes {
            writer.key("undoes")
            writer.dot(undoes)
            writer.key("restored")
            writer.beginObject()
            for (field, dot) in side.restored.sorted(by: { ($0.key?.utf8 ?? []).lexicographicallyPrecedes($1.key?.utf8 ?? []) }) {
                writer.key(field?.utf8 ?? [])
                writer.dot(dot)
            }
            writer.endObject()
        }
        writer.key("entries")
        writer.beginObject()
        for field in conflict?.fields ?? [] {
            guard let entry = field.versions.first(where: { $0.dot == side.dot }) else { continue }
            writer.key(field.field.utf8)
            writer.version(entry)
        }
        writer.endObject()
        writer.key("fields")
        writer.beginObject()
        for write in side.record.shown {
            writer.key(write.field.utf8)
            writer.canonical(write.value)
        }
        writer.endObject()
        writer.endObject()
    }
}

extension JSONWriter {
    /// Whose side it is that an undo brought back.
    mutating func standsFor(_ dot: Dot, name: String) {
        key("standsFor")
        beginObject()
        key("dot")
        self.dot(dot)
        key("device")
        device(dot.device)
        key("name")
        string(name)
        endObject()
    }
}
