internal import EventCore

/// What a field holds, for people: JSON values, and words in parentheses, which no JSON begins with.
enum ValueText {
    static let nothing = "(nothing)"
    static let removed = "(removed)"
    /// What a field holds that went with its record.
    static let deleted = "(deleted)"

    /// All live values, sorted, so that they read alike on every device, `|` between them; nil is *removed*.
    static func all(_ values: [FieldValue?]) -> String {
        guard !values.isEmpty else { return nothing }
        let texts = values.map { $0?.description ?? removed }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return texts.joined(separator: " | ")
    }

    /// Beyond so many columns a value is not shown whole where it stands among others.
    static let longColumns = 400

    /// The same in at most so many columns.
    static func short(_ values: [FieldValue?], columns: Int = longColumns) -> String { Printable.cut(all(values), to: columns) }

    /// What was and what is, each in at most so many columns: of longer values the parts that differ.
    static func change(_ before: [FieldValue?], _ after: [FieldValue?], columns: Int = longColumns) -> (before: String, after: String) {
        let texts = folded([before, after], columns: columns)
        return (texts[0], texts[1])
    }

    /// What stands in several places, each in at most so many columns: of longer values the parts that differ.
    static func folded(_ all: [[FieldValue?]], columns: Int = longColumns) -> [String] {
        var texts = all.map(self.all)
        let valued = all.indices.filter { all[$0].contains { $0 != nil } }
        let isLong = valued.contains { texts[$0].utf8.count > columns }
        let told = isLong ? Printable.differing(valued.map { texts[$0] }) : Printable.toldApart(valued.map { texts[$0] })
        for (index, text) in zip(valued, told) { texts[index] = text }
        return texts.map { Printable.cut($0, to: columns) }
    }
}
