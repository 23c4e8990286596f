internal import EventCore
internal import Glibc
internal import ReplicaEngine

/// A record's conflict as `show` prints it. Sides are named by letters, devices and times, never as ours and theirs.
struct ConflictPage {
    let record: Record
    let conflict: Conflict?
    let name: (DeviceID) -> String

    /// Letters in the order of the sides: greatest rank first.
    static func letter(_ index: Int) -> String {
        index < 26 ? String(Character(Unicode.Scalar(UInt8(97 + index)))) : letter(index / 26 - 1) + letter(index % 26)
    }

    func writeText(to output: Output) {
        output.line(Arguments.text(record.key))
        guard let conflict else {
            output.line("nothing is in conflict")
            RecordText.write(DecidedRecord(record: record, conflict: nil), to: output)
            return
        }
        if conflict.isDeleteAgainstEdit { output.line("deleted on one device and edited on another") }
        if conflict.isOfWholeEdits { output.line("edited side by side, which the policy `record` calls a conflict") }
        let columns = columns(conflict)
        let rows = rows(conflict)
        let width = Self.terminalColumns
        let needed = 16 + columns.count * 24
        let cells = rows.map { self.cells($0, columns) }
        if needed > width { writeBelow(columns, rows, cells, output) } else { writeBeside(columns, rows, cells, width, output) }
        if zip(rows, cells).contains(where: { row, cells in cells != columns.map { $0.cell(row.field) } }) {
            output.line("… stands for text in which all agree; --json has it whole")
        }
        let agreeing = record.shown.count - rows.filter { row in record.shown(row.field) != nil }.count
        if agreeing > 0 { output.line("\(agreeing) more field\(agreeing == 1 ? " agrees" : "s agree")") }
        PolicyText.write(conflict, name: name, to: output)
        if conflict.isOpen {
            output.line("settle it: syncline resolve \(Arguments.text(record.key)) --choose a   or   --merge, --set field=value")
        }
    }

    /// A heading and what it says of each row.
    private struct Column {
        let heading: [String]
        let cell: (Name) -> String
    }

    private struct Row {
        let field: Name
        let isContested: Bool
    }

    private func columns(_ conflict: Conflict) -> [Column] {
        let contested = Dictionary(uniqueKeysWithValues: conflict.fields.map { ($0.field, $0) })
        let base = Column(heading: ["base", conflict.base == nil ? "nothing" : "what all had seen", ""]) { field in
            if let contested = contested[field] { return Self.text(contested.base) }
            return Self.text(conflict.base?.fields.first { $0.field == field }?.versions.map(\.value) ?? [])
        }
        return [base]
            + conflict.sides.enumerated().map { index, side in
                let note = side.event.note.map { "“\($0.text)”" } ?? ""
                return Column(heading: ["\(Self.letter(index)) \(name(side.dot.device))", TimeText.iso(side.event.time), note]) { field in
                    if side.isDelete { return "(deleted)" }
                    guard let entry = contested[field]?.versions.first(where: { $0.dot == side.dot }) else {
                        return Self.text(side.record.fields.first { $0.field == field }?.versions.map(\.value) ?? [])
                    }
                    return Self.text([entry.value])
                }
            }
    }

    /// The contested fields; where delete stands against edit, all that any edit's side has.
    private func rows(_ conflict: Conflict) -> [Row] {
        let contested = Set(conflict.fields.map(\.field))
        guard conflict.isDeleteAgainstEdit else { return conflict.fields.map { Row(field: $0.field, isContested: $0.decision.isOpen) } }
        let all = Set(conflict.sides.filter { !$0.isDelete }.flatMap { $0.record.shown.map(\.field) }).union(contested)
        return all.sorted().map { Row(field: $0, isContested: true) }
    }

    /// What each column says of the row; of long values that differ, the parts that do.
    private func cells(_ row: Row, _ columns: [Column]) -> [String] {
        var cells = columns.map { $0.cell(row.field) }
        // JSON never begins so: “(nothing)” and “(removed)” agree with no value.
        let values = cells.indices.filter { !cells[$0].hasPrefix("(") }
        for (index, text) in zip(values, Printable.differing(values.map { cells[$0] })) { cells[index] = text }
        return cells
    }

    private func writeBeside(_ columns: [Column], _ rows: [Row], _ cells: [[String]], _ width: Int, _ output: Output) {
        let fieldWidth = min(24, max(6, rows.map { Printable.width(Printable.escaped($0.field.text)) + 2 }.max() ?? 6))
        let cellWidth = max(12, (width - fieldWidth - 1) / columns.count - 2)
        func line(_ first: String, _ cells: [String]) {
            let field = Printable.wrapped(first, to: fieldWidth)
            let cells = cells.map { Printable.wrapped($0, to: cellWidth) }
            for index in 0..<cells.reduce(field.count, { max($0, $1.count) }) {
                func part(_ lines: [String], _ width: Int) -> String {
                    Printable.fitted(index < lines.count ? lines[index] : "", to: width)
                }
                let text = part(field, fieldWidth) + cells.map { "  " + part($0, cellWidth) }.joined()
                output.line(String(text.reversed().drop { $0 == " " }.reversed()))
            }
        }
        for heading in 0..<3 where columns.contains(where: { !$0.heading[heading].isEmpty }) {
            line("", columns.map { $0.heading[heading] })
        }
        for (row, cells) in zip(rows, cells) { line((row.isContested ? "! " : "  ") + row.field.text, cells) }
    }

    private func writeBelow(_ columns: [Column], _ rows: [Row], _ cells: [[String]], _ output: Output) {
        for (index, column) in columns.enumerated() {
            output.line(column.heading.filter { !$0.isEmpty }.joined(separator: "  "))
            for (row, cells) in zip(rows, cells) {
                output.line("  \(row.isContested ? "! " : "  ")\(row.field.text) = \(cells[index])")
            }
        }
    }

    private static func text(_ values: [FieldValue?]) -> String {
        values.isEmpty ? "(nothing)" : values.map { $0?.description ?? "(removed)" }.joined(separator: " | ")
    }

    private static var terminalColumns: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return Machine.environment("COLUMNS").flatMap { Int($0) } ?? 120
    }
}

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
            write(field.base, &writer)
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

    private func write(_ values: [FieldValue?], _ writer: inout JSONWriter) {
        writer.beginArray()
        for value in values {
            writer.beginObject()
            if let value {
                writer.key("value")
                writer.canonical(value)
            } else {
                writer.key("removed")
                writer.boolean(true)
            }
            writer.endObject()
        }
        writer.endArray()
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
        if let note = side.event.note {
            writer.key("note")
            writer.string(note.utf8)
        }
        writer.key("delete")
        writer.boolean(side.isDelete)
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
