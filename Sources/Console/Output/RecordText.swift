internal import EventCore

/// A record for people: a line a field, contested ones marked.
enum RecordText {
    static func write(_ record: Record, to output: Output) {
        if record.isDeleted {
            output.line("deleted")
        } else if record.shown.isEmpty && !record.isContested {
            output.line("no fields")
        }
        if record.isDeleteAgainstEdit {
            output.line("! deleted on one device and edited on another: `syncline show \(Arguments.text(record.key))`")
        }
        for field in record.fields {
            guard let value = record.shownVersion(field).value else {
                if field.isContested { output.line("! \(field.field.text) is removed, and contested") }
                continue
            }
            output.line((field.isContested ? "! " : "  ") + "\(field.field.text) = \(value)")
        }
    }
}
