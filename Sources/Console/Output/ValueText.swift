internal import EventCore

/// What a field holds, for people: JSON values, and words in parentheses, which no JSON begins with.
enum ValueText {
    static let nothing = "(nothing)"
    static let removed = "(removed)"

    /// All live values, `|` between them; nil is *removed*.
    static func all(_ values: [FieldValue?]) -> String {
        values.isEmpty ? nothing : values.map { $0?.description ?? removed }.joined(separator: " | ")
    }

    /// The same in at most so many columns.
    static func short(_ values: [FieldValue?], columns: Int = 48) -> String {
        let text = all(values)
        guard Printable.width(text) > columns else { return text }
        return String(Printable.fitted(text, to: columns).reversed().drop { $0 == " " }.reversed())
    }
}
