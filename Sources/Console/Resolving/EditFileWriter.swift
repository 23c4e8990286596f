internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// Writes the lines of an edit file.
struct EditFileWriter {
    let markerLength: Int
    private(set) var bytes: [UInt8] = []

    init(markerLength: Int) { self.markerLength = markerLength }

    mutating func remark(_ text: String) { line("# " + Printable.escaped(text)) }

    mutating func write(_ field: EditedField, name: (Dot) -> String) {
        line("")
        line("@" + Self.heading(field.name))
        if field.steersInText { remark(Self.steering) }
        switch field.content {
        case .value(let value): write(value)
        case .sides(let conflict):
            marker("<", name(conflict.versions[0].dot))
            write(conflict.versions[0].value)
            marker("|", "base")
            for value in conflict.base { write(value) }
            for (index, version) in conflict.versions.enumerated().dropFirst() {
                marker("=", index == conflict.versions.count - 1 ? "" : name(version.dot))
                write(version.value)
            }
            marker(">", name(conflict.versions[conflict.versions.count - 1].dot))
        case .text(let merge, let conflict): write(merge, conflict, name)
        }
    }

    private static let steering = "Its text holds characters that are not seen, or turn text around. They stand in it as they are."

    /// A field's name as it is typed: as it is when it is plain, else as JSON.
    private static func heading(_ name: Name) -> String {
        let isPlain = name.text.unicodeScalars.allSatisfy { !$0.steersTerminal && $0 != " " && $0 != "\"" }
        return isPlain ? name.text : json(FieldValue(utf8: name.utf8))
    }

    /// JSON in which what steers a terminal is an escape: it means the same, and an editor that obeys it shows it.
    private static func json(_ value: FieldValue) -> String { Printable.escaped(value.description) }

    private mutating func write(_ value: FieldValue?) {
        guard let value else { return line("removed") }
        guard let text = EditedField.plainText(value), text.contains(0x0A) else { return line(Self.json(value)) }
        quotes()
        bytes += text
        bytes.append(0x0A)
        quotes()
    }

    private mutating func write(_ merge: TextMerge, _ conflict: FieldConflict, _ name: (Dot) -> String) {
        quotes()
        for chunk in merge.chunks {
            switch chunk {
            case .merged(let text): bytes += text
            case .conflict(let base, let sides):
                marker("<", name(conflict.versions[0].dot))
                whole(sides[0])
                marker("|", "base")
                whole(base)
                for index in sides.indices.dropFirst() {
                    marker("=", index == sides.count - 1 ? "" : name(conflict.versions[index].dot))
                    whole(sides[index])
                }
                marker(">", name(conflict.versions[sides.count - 1].dot))
            }
        }
        // One line break belongs to the quotes; the text's own last one stands before it.
        var endsInConflict = false
        if case .conflict(_, let sides) = merge.chunks.last { endsInConflict = !sides.contains { $0.last == 0x0A } }
        if !endsInConflict { bytes.append(0x0A) }
        quotes()
    }

    /// Text whose last line is ended.
    private mutating func whole(_ text: [UInt8]) {
        bytes += text
        if let last = text.last, last != 0x0A { bytes.append(0x0A) }
    }

    private mutating func marker(_ character: Character, _ name: String) {
        let name = name.isEmpty ? "" : " " + Printable.escaped(name)
        line(String(repeating: character, count: markerLength) + name)
    }

    private mutating func quotes() { line(String(repeating: "\"", count: markerLength)) }

    private mutating func line(_ text: String) {
        bytes += Array(text.utf8)
        bytes.append(0x0A)
    }
}
