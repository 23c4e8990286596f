internal import EventCore
internal import ReplicaEngine

/// What a resolution would write, before it does: per field what is shown now and what will be.
struct ResolutionPreview {
    let resolution: Resolution
    /// What a side is called.
    let name: (Dot) -> String

    /// A diff for people: `- field = before`, `+ field = after (where from)`, and `= field = value` where the shown value stays. Text of several lines is compared by
    /// line below `~ field`.
    var lines: [String] {
        var lines: [String] = []
        if resolution.isDelete { lines.append("- the whole record: it will be deleted") }
        for change in resolution.changes {
            let from = change.origin.map { "  (\(words($0)))" } ?? ""
            let field = change.field.text
            guard change.before != change.after else {
                lines.append("= \(field)\(change.after.map { " = \(Self.folded([$0])[0])" } ?? " is removed")\(from)")
                continue
            }
            if let before = change.before?.text, let after = change.after?.text, before.contains(0x0A) || after.contains(0x0A) {
                lines.append("~ \(field), line by line\(from)")
                lines += TextDiff(before, after).lines
                continue
            }
            let texts = Self.folded([change.before, change.after].compactMap(\.self))
            if change.before != nil { lines.append("- \(field) = \(texts[0])") }
            if change.after != nil {
                lines.append("+ \(field) = \(texts[texts.count - 1])\(from)")
            } else if !resolution.isDelete {
                lines.append("+ \(field) is removed\(from)")
            }
        }
        if resolution.isWholeOpen { lines.append("? open: delete against edit") }
        let open = resolution.openFields.map(\.text)
        if !open.isEmpty { lines.append("? open: " + open.joined(separator: ", ")) }
        return lines
    }

    /// The same in one line, for many records under each other.
    var summary: String {
        let key = Arguments.shown(resolution.conflict.key)
        if resolution.isDelete { return "\(key)  will be deleted" }
        let changes = resolution.changes.map { change in
            let texts = Self.folded([change.before, change.after].compactMap(\.self))
            let before = change.before == nil ? "(nothing)" : texts[0]
            return "\(change.field.text): \(before) → \(change.after == nil ? "(removed)" : texts[texts.count - 1])"
        }
        let open = resolution.openFields.map { "\($0.text): open" }
        return "\(key)  " + (changes + open).joined(separator: ", ")
    }

    /// Members of a JSON object: the event's writes in the names of its JSON form, the changes, and what stays open.
    func write(to writer: inout JSONWriter) {
        writer.key("collection")
        writer.string(resolution.conflict.key.collection.utf8)
        writer.key("record")
        writer.string(resolution.conflict.key.record.utf8)
        if resolution.isDelete {
            writer.key("delete")
            writer.boolean(true)
        } else {
            writer.key("set")
            writer.beginObject()
            for change in resolution.changes {
                guard let value = change.after else { continue }
                writer.key(change.field.utf8)
                writer.canonical(value)
            }
            writer.endObject()
            writer.key("unset")
            writer.beginArray()
            for change in resolution.changes where change.after == nil { writer.string(change.field.utf8) }
            writer.endArray()
        }
        writer.key("changes")
        writer.beginArray()
        for change in resolution.changes { write(change, to: &writer) }
        writer.endArray()
        writer.key("open")
        writer.beginArray()
        if resolution.isWholeOpen { writer.string("") }
        for field in resolution.openFields { writer.string(field.utf8) }
        writer.endArray()
    }

    private func write(_ change: Resolution.Change, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("field")
        writer.string(change.field.utf8)
        if let before = change.before {
            writer.key("before")
            writer.canonical(before)
        }
        writer.member("after", change.after)
        writer.endObject()
    }

    private func words(_ origin: Resolution.Answer.Origin) -> String {
        switch origin {
        case .side(let dot): name(dot)
        case .base: "base"
        case .both: "both"
        case .merge: "merged"
        case .typed: "typed"
        }
    }

    /// The parts of long values that differ.
    private static func folded(_ values: [FieldValue]) -> [String] {
        Printable.differing(values.map(\.description)).map { Printable.cut($0, to: ValueText.longColumns) }
    }
}
