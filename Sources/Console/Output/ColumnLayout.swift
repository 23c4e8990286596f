/// Columns beside each other under their headings, or, where the terminal is too narrow, below each other.
struct ColumnLayout {
    struct Row {
        let label: String
        /// Stands out by a `!`, with and without colours.
        let isMarked: Bool
        /// For each column its lines.
        let cells: [[String]]
    }

    let headings: [[String]]
    let styles: [Style]
    let width: Int

    private static let columnsOfCell = 20
    private static let labelLimit = 24

    func lines(_ rows: [Row]) -> [StyledText] {
        let label = min(Self.labelLimit, max(6, rows.map { Printable.width(Printable.escaped($0.label)) + 2 }.max() ?? 6))
        let cell = (width - label - 1) / max(1, headings.count) - 2
        return cell < Self.columnsOfCell ? below(rows) : beside(rows, label: label, cell: cell)
    }

    private func beside(_ rows: [Row], label: Int, cell: Int) -> [StyledText] {
        var lines: [StyledText] = []
        func add(_ first: StyledText, _ cells: [[String]]) {
            let wrapped = cells.map { lines in lines.flatMap { Printable.wrapped($0, to: cell) } }
            for index in 0..<(wrapped.map(\.count).max() ?? 1) {
                var line = index == 0 ? first : StyledText(String(repeating: " ", count: label))
                for (column, texts) in wrapped.enumerated() {
                    let text = index < texts.count ? texts[index] : ""
                    line += "  " + StyledText(Printable.fitted(text, to: cell), styles[column])
                }
                lines.append(line.withoutTrailingSpaces)
            }
        }
        for heading in 0..<3 where headings.contains(where: { !$0[heading].isEmpty }) {
            add(StyledText(String(repeating: " ", count: label)), headings.map { $0[heading].isEmpty ? [] : [$0[heading]] })
        }
        for row in rows {
            let text = Printable.fitted((row.isMarked ? "! " : "  ") + row.label, to: label)
            add(StyledText(text, row.isMarked ? .contested : .plain), row.cells)
        }
        return lines
    }

    private func below(_ rows: [Row]) -> [StyledText] {
        var lines: [StyledText] = []
        for (column, heading) in headings.enumerated() {
            for line in Printable.wrapped(heading.filter { !$0.isEmpty }.joined(separator: "  "), to: max(20, width - 1)) {
                lines.append(StyledText(line, styles[column]))
            }
            for row in rows {
                let first = StyledText(row.isMarked ? "! " : "  ", .contested) + StyledText(Printable.escaped(row.label) + " = ")
                let texts = row.cells[column]
                if texts.count > 1 || Printable.width(first.plain) + Printable.width(texts.first ?? "") > width {
                    lines.append(first.withoutTrailingSpaces)
                    for text in texts {
                        for line in Printable.wrapped(text, to: max(16, width - 5)) {
                            lines.append("    " + StyledText(line, styles[column]))
                        }
                    }
                } else {
                    lines.append(first + StyledText(texts.first ?? "", styles[column]))
                }
            }
        }
        return lines
    }
}
