internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// A record's conflict as `show` prints it. Sides are named by letters, devices and times, never as ours and theirs.
struct ConflictPage {
    let record: Record
    let conflict: Conflict?
    /// Whether values are shown with all that they have, not only where they differ.
    var isWhole = false
    let way: Way
    let name: (DeviceID) -> String

    /// What settles it.
    enum Way: Hashable {
        /// The words of the prompt, which has it open.
        case words
        /// A command, behind the program's name where it is typed elsewhere.
        case command(program: String)
        /// Nothing: it is one of the past.
        case nothing
    }

    private static let shortBytes = 400
    private static let shortLines = 12

    /// Letters in the order of the sides: greatest rank first.
    static func letter(_ index: Int) -> String {
        index < 26 ? String(Character(Unicode.Scalar(UInt8(97 + index)))) : letter(index / 26 - 1) + letter(index % 26)
    }

    func writeText(to output: Output) {
        output.line(StyledText(Arguments.shown(record.key), .strong))
        guard let conflict else {
            output.line("nothing is in conflict")
            RecordText.write(DecidedRecord(record: record, conflict: nil), to: output, program: "")
            return
        }
        if conflict.isDeleteAgainstEdit { output.line("deleted on one device and edited on another") }
        if conflict.sides.allSatisfy(\.isDelete) { output.line("deleted on every side") }
        if conflict.isOfWholeEdits { output.line("edited side by side, which the policy `record` calls a conflict") }
        let columns = columns(conflict)
        let rows = rows(conflict)
        let cells = rows.map { row in self.cells(row, columns) }
        let layout = ColumnLayout(headings: columns.map(\.heading), styles: columns.map(\.style), width: Terminal.columns)
        for line in layout.lines(zip(rows, cells).map { ColumnLayout.Row(label: $0.label, isMarked: $0.isContested, cells: $1.cells) }) {
            output.line(line)
        }
        if cells.contains(where: \.isShortened) {
            output.line(
                "… stands for text in which all agree or that is too long: \(way == .words ? "`show all`" : "--whole") has all of it")
        }
        let agreeing = record.shown.count - rows.filter { row in record.shown(row.field) != nil }.count
        if agreeing > 0 { output.line(StyledText("\(agreeing) field\(agreeing == 1 ? " agrees" : "s agree")", .faint)) }
        PolicyText.write(conflict, name: name, to: output)
        guard conflict.isOpen, let hint = hint(conflict) else { return }
        for line in Printable.wrapped(hint, to: Terminal.columns) { output.line(StyledText(line, .faint)) }
    }

    /// A heading and what it says of each field.
    private struct Column {
        let heading: [String]
        let style: Style
        let values: (Name) -> [FieldValue?]
        /// Stands for every value.
        var all: String?
    }

    private struct Row {
        let field: Name
        let isContested: Bool
        var label: String { field.text }
    }

    private func columns(_ conflict: Conflict) -> [Column] {
        let contested = Dictionary(uniqueKeysWithValues: conflict.fields.map { ($0.field, $0) })
        let base = Column(heading: ["base", conflict.base == nil ? "nothing" : "what all had seen", ""], style: .strong) { field in
            contested[field]?.base ?? conflict.base?.fields.first { $0.field == field }?.versions.map(\.value) ?? []
        }
        return [base]
            + conflict.sides.enumerated().map { index, side in
                let notes = [side.event.note.map { "“\($0.text)”" }, restored(side)].compactMap(\.self)
                let age = TimeText.age(of: side.event.time, at: Machine.wall)
                var column = Column(
                    heading: [
                        "\(Self.letter(index)) \(name(side.standsFor.device))\(side.event.kind == .undo ? " (undo)" : ""), \(age)",
                        TimeText.minute(side.event.time), notes.joined(separator: ", "),
                    ],
                    style: .side(index)
                ) { field in
                    if let entry = contested[field]?.versions.first(where: { $0.dot == side.dot }) { return [entry.value] }
                    return side.record.fields.first { $0.field == field }?.versions.map(\.value) ?? []
                }
                if side.isDelete { column.all = "(deleted)" }
                return column
            }
    }

    /// Whose values an undo's side brought back; nil where it is none, or brought none back.
    private func restored(_ side: Side) -> String? {
        if side.standsFor != side.dot {
            return "\(name(side.dot.device)) brings back \(name(side.standsFor.device)):\(side.standsFor.seq)"
        }
        let fields = Set(conflict?.fields.map(\.field) ?? [])
        let dots = side.restored.filter { conflict?.isDeleteAgainstEdit == true || $0.key.map(fields.contains) == true }.map(\.value)
        let authors = Set(dots).sorted().map { "\(name($0.device)):\($0.seq)" }
        return authors.isEmpty ? nil : "brings back \(authors.joined(separator: ", "))"
    }

    /// The contested fields; where delete stands against edit, all that any edit's side has.
    private func rows(_ conflict: Conflict) -> [Row] {
        let contested = Set(conflict.fields.map(\.field))
        guard conflict.isDeleteAgainstEdit else { return conflict.fields.map { Row(field: $0.field, isContested: $0.decision.isOpen) } }
        let all = Set(conflict.sides.filter { !$0.isDelete }.flatMap { $0.record.shown.map(\.field) }).union(contested)
        return all.sorted().map { Row(field: $0, isContested: true) }
    }

    private struct Cells {
        var cells: [[String]]
        var isShortened = false
    }

    /// What each column says of the row, in lines; of long values that differ, the parts that do.
    private func cells(_ row: Row, _ columns: [Column]) -> Cells {
        let values = columns.map { $0.all == nil ? $0.values(row.field) : [] }
        let fixed = zip(columns, values).map { column, values in column.all ?? (values.isEmpty ? "(nothing)" : nil) }
        // Text of several lines is shown as lines: what differs is found line by line.
        let texts = values.map { values in values.count == 1 ? values[0].map(Printable.Lines.init) : nil }
        if zip(fixed, texts).allSatisfy({ $0 != nil || $1 != nil }), texts.contains(where: { $0?.isText ?? false }) {
            var lines = Printable.toldApart(texts.compactMap(\.self))[...]
            let shown = texts.map { $0 == nil ? [] : lines.removeFirst() }
            let excerpt = isWhole ? TextExcerpt(whole: shown) : TextExcerpt(of: shown, limit: Self.shortLines)
            return Cells(
                cells: zip(fixed, excerpt.lines).map { fixed, lines in fixed.map { [$0] } ?? lines }, isShortened: excerpt.isShortened)
        }
        var cells = zip(fixed, values).map { $0 ?? ($1.isEmpty ? "" : ValueText.all($1)) }
        let valued = cells.indices.filter { fixed[$0] == nil }
        for (index, text) in zip(valued, Printable.toldApart(valued.map { cells[$0] })) { cells[index] = text }
        guard !isWhole else { return Cells(cells: cells.map { [$0] }) }
        let before = cells
        for (index, text) in zip(valued, Printable.differing(valued.map { cells[$0] })) {
            cells[index] = text.utf8.count > Self.shortBytes ? Printable.cut(text, to: Self.shortBytes) : text
        }
        return Cells(cells: cells.map { [$0] }, isShortened: cells != before)
    }
}
