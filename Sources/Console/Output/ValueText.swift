internal import EventCore

/// What a field holds, for people: JSON values, and words in parentheses, which no JSON begins with.
enum ValueText {
    static let nothing = "(nothing)"
    static let removed = "(removed)"

    /// All live values, sorted, so that they read alike on every device, `|` between them; nil is *removed*.
    static func all(_ values: [FieldValue?]) -> String {
        guard !values.isEmpty else { return nothing }
        let texts = values.map { $0?.description ?? removed }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return texts.joined(separator: " | ")
    }

    /// The same in at most so many columns.
    static func short(_ values: [FieldValue?], columns: Int = 48) -> String {
        let text = all(values)
        guard Printable.width(text) > columns else { return text }
        return String(Printable.fitted(text, to: columns).reversed().drop { $0 == " " }.reversed())
    }
}
