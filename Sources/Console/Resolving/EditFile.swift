internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// What an editor opens on a conflict, and what is read back from it. Pure: bytes out, answers in.
///
/// A field is a line `@name` and its value below: JSON (what steers a terminal as escapes), the word `removed`, or text between two lines of three or more quotes, as it is. Lines that begin with `#` outside of
/// text are remarks. Where sides disagree both stand between markers, the base between them; long text is merged by line first. A field that is taken out stays open.
struct EditFile {
    /// What is edited, with all that has been answered before.
    let resolution: Resolution
    /// What goes to the editor.
    let text: [UInt8]
    /// As many of each character make a marker: one more than any line of the values begins with.
    private let markerLength: Int

    /// - Parameters:
    ///   - field: only this one; otherwise all that are contested or answered. Where delete stands against edit, all that the edit has.
    ///   - isFinal: whether what is saved is written without being shown before.
    ///   - name: what a side is called.
    /// - Throws: where it is to be said first which of several edits is kept.
    init(_ resolution: Resolution, field: Name? = nil, isFinal: Bool = false, name: (Dot) -> String) throws(ResolutionError) {
        let resolution = try resolution.keepingAnEdit()
        self.resolution = resolution
        let conflict = resolution.conflict
        let all = Set(conflict.openFields.map(\.field)).union(resolution.answeredFields)
        let wanted = field.map { [$0] } ?? (all.isEmpty ? conflict.fields.map(\.field) : all.sorted())
        let fields = wanted.map { name in EditedField(name, resolution) }
        markerLength = fields.map(\.longestRun).max().map { Swift.max(7, $0 + 1) } ?? 7
        var lines = EditFileWriter(markerLength: markerLength)
        let then = isFinal ? "A file that is not changed writes nothing." : "Nothing is written before it has been shown."
        lines.remark("\(Arguments.shown(conflict.key)): leave one value below each field, save and close. \(then)")
        let left = resolution.whole == nil ? "stays open" : "stays as it is kept"
        lines.remark("A value is JSON, the word removed, or text between lines of quotes. A field that is taken out \(left).")
        if resolution.whole != nil { lines.remark("It was deleted on one device: what is saved here keeps it.") }
        for field in fields { lines.write(field, name: name) }
        text = lines.bytes
    }

    /// The resolution with what the editor left.
    func applying(_ edited: [UInt8]) throws -> Resolution {
        guard edited != text else { throw EditFileError.unchanged }
        let entries = try EditFileReader(edited, markerLength: markerLength).entries()
        guard !entries.isEmpty else { throw EditFileError.empty }
        var next = resolution
        for entry in entries {
            // What was answered before and left as it is was not typed.
            if let answer = next.answer(entry.field), answer.value == entry.value { continue }
            next = try next.setting(entry.field, to: entry.value)
        }
        return next
    }
}

/// Why what an editor left is not taken.
enum EditFileError: Error, Hashable {
    case unchanged
    /// No field is left in it.
    case empty
    /// A marker still stands in this line.
    case marker(line: Int)
    case value(JSONError)
    /// A line that belongs to no field.
    case stray(line: Int)
    case name(line: Int)
    case twice(field: Name, line: Int)
    /// The text that begins in this line does not end.
    case endlessText(line: Int)
    /// Text that is not UTF-8.
    case notUTF8(line: Int)

    /// A sentence; nil of JSON, which has one of its own.
    var sentence: String {
        switch self {
        case .unchanged: "the file was not changed"
        case .empty: "no field is left in the file"
        case .marker(let line): "line \(line): a marker still stands there, so that field has no answer"
        case .value(let error): Sentences.json(error)
        case .stray(let line): "line \(line) belongs to no field: a field begins with @ and its name"
        case .name(let line): "line \(line) names no field"
        case .twice(let field, let line): "line \(line): the field “\(field.text)” is there twice"
        case .endlessText(let line): "line \(line): the text that begins here does not end with the same quotes"
        case .notUTF8(let line): "line \(line): the text that begins here is not UTF-8"
        }
    }
}

/// A field as it is put into the file.
struct EditedField {
    enum Content {
        /// One value; nil is *removed*.
        case value(FieldValue?)
        /// Values that disagree, each from a side.
        case sides(FieldConflict)
        /// Text merged by line, with what overlaps.
        case text(TextMerge, FieldConflict)
    }

    let name: Name
    let content: Content

    init(_ name: Name, _ resolution: Resolution) {
        self.name = name
        if let answer = resolution.answer(name) {
            content = .value(answer.value)
        } else if let contested = resolution.conflict.fields.first(where: { $0.field == name }) {
            content = Self.content(of: contested)
        } else {
            content = .value(resolution.conflict.shown.first { $0.field == name }?.value)
        }
    }

    /// What is still open: merged by line where that leaves less to look at.
    static func content(of field: FieldConflict) -> Content {
        switch field.merge {
        case .value(let value): return .value(value)
        case .removed: return .value(nil)
        case .open: break
        }
        let texts = field.versions.compactMap { $0.value.flatMap(plainText) }
        guard texts.count == field.versions.count, field.base.count == 1, let base = field.base[0].flatMap(plainText),
            texts.contains(where: { $0.contains(0x0A) })
        else { return .sides(field) }
        let merge = TextMerge(base: base, sides: texts)
        // Whether the last line has an end cannot be seen between markers.
        if case .conflict(_, let sides) = merge.chunks.last, Set(sides.map { $0.last == 0x0A }).count > 1 { return .sides(field) }
        return .text(merge, field)
    }

    /// How many of a marker's characters a line of any value begins with at most.
    var longestRun: Int {
        let values: [FieldValue?] =
            switch content {
            case .value(let value): [value]
            case .sides(let field), .text(_, let field): field.versions.map(\.value) + field.base
            }
        return values.compactMap { $0?.text }.flatMap { $0.split(separator: 0x0A) }.map { line in
            guard let first = line.first, Array("<|=>\"".utf8).contains(first) else { return 0 }
            return line.prefix { $0 == first }.count
        }.max() ?? 0
    }

    /// Whether text that stands in the file as it is holds what would steer a terminal.
    var steersInText: Bool {
        let values: [FieldValue?] =
            switch content {
            case .value(let value): [value]
            case .sides(let field), .text(_, let field): field.versions.map(\.value) + field.base
            }
        return values.contains { value in
            guard let text = value.flatMap(Self.plainText), text.contains(0x0A) else { return false }
            return String(decoding: text, as: UTF8.self).unicodeScalars.contains { $0.steersTerminal && $0 != "\n" && $0 != "\t" }
        }
    }

    /// A string that an editor shows and gives back as it is: no control characters but line breaks and tabs.
    static func plainText(_ value: FieldValue) -> [UInt8]? {
        guard let text = value.text, text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x09 }) else { return nil }
        return text
    }
}
