internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// An entry of the audit trail as people, programs and spreadsheets read it.
struct AuditPage {
    let entry: AuditEntry
    /// The name of the device that wrote the event.
    let name: String
    /// Of a critical event of this device: who has it.
    var receipt: CriticalReceipts.Receipt?
    /// What devices are called.
    var deviceName: (DeviceID) -> String = { $0.description }

    func writeText(to output: Output) {
        let row = entry.row
        var head =
            "#\(entry.position.index + 1)  \(TimeText.iso(row.time))  \(name):\(row.dot.seq)  \(row.kind.word)  \(Arguments.shown(row.key))"
        if row.body == .delete { head += "  delete" }
        if row.isCritical { head += "  critical" }
        if row.epoch > 0 { head += "  epoch \(row.epoch)" }
        if entry.leavesConflict { head += "  in conflict" } else if !entry.concurrentWith.isEmpty { head += "  concurrent" }
        output.line(head)
        if let undoes = row.undoes { output.line("      undoes \(undoes)") }
        if let note = row.note { output.line("      note: \(note.text)") }
        if let receipt { output.line("      urgent: \(ReceiptText.text(receipt, deviceName))") }
        for change in entry.changes {
            let (before, after) = ValueText.change(change.before, [change.after])
            output.line("      \(change.field.text): \(before) → \(after)")
        }
    }

    func writeJSON(to output: Output) {
        let row = entry.row
        output.object { writer in
            writer.key("position")
            writer.integer(entry.position.index + 1)
            writer.key("dot")
            writer.dot(row.dot)
            writer.key("device")
            writer.device(row.dot.device)
            writer.key("name")
            writer.string(name)
            writer.key("time")
            writer.string(TimeText.iso(row.time))
            writer.key("kind")
            writer.string(row.kind.word)
            writer.key("collection")
            writer.string(row.key.collection.utf8)
            writer.key("record")
            writer.string(row.key.record.utf8)
            writer.key("delete")
            writer.boolean(row.body == .delete)
            writer.key("critical")
            writer.boolean(row.isCritical)
            if let receipt {
                writer.devices("acknowledgedBy", receipt.by)
                writer.devices("missing", receipt.missing)
            }
            if row.epoch > 0 {
                writer.key("epoch")
                writer.integer(row.epoch)
            }
            if let note = row.note {
                writer.key("note")
                writer.string(note.utf8)
            }
            if let undoes = row.undoes {
                writer.key("undoes")
                writer.dot(undoes)
            }
            writer.key("changes")
            writer.beginArray()
            for change in entry.changes { Self.write(change, &writer) }
            writer.endArray()
            writer.key("concurrentWith")
            writer.beginArray()
            for dot in entry.concurrentWith { writer.dot(dot) }
            writer.endArray()
            writer.key("conflict")
            writer.boolean(entry.leavesConflict)
        }
    }

    /// `before` is left out when there was nothing; `beforeAll` stands beside it when several values stood.
    private static func write(_ change: AuditEntry.Change, _ writer: inout JSONWriter) {
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
        writer.member("after", change.after)
        writer.endObject()
    }

    // MARK: - CSV

    static let csvHeader = [
        "position", "time", "device", "name", "seq", "kind", "collection", "record", "field", "before", "after", "removed", "delete",
        "critical",
        "epoch", "undoes", "note", "conflict",
    ]

    /// A line for each field that changed; one with no field where none did.
    func writeCSV(to output: Output) {
        let row = entry.row
        let start = [
            "\(entry.position.index + 1)", TimeText.iso(row.time), row.dot.device.description, name, "\(row.dot.seq)", row.kind.word,
            row.key.collection.text, row.key.record.text,
        ]
        let end = [
            "\(row.body == .delete)", "\(row.isCritical)", row.epoch > 0 ? "\(row.epoch)" : "", row.undoes?.description ?? "",
            row.note?.text ?? "",
            "\(entry.leavesConflict)",
        ]
        guard !entry.changes.isEmpty else { return output.write(CSV.line(start + ["", "", "", ""] + end)) }
        for change in entry.changes {
            let before = change.before.map(CSV.text).joined(separator: " | ")
            let middle = [change.field.text, before, change.after.map(CSV.text) ?? "", "\(change.after == nil)"]
            output.write(CSV.line(start + middle + end))
        }
    }
}
