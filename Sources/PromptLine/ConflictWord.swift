/// What somebody says inside a conflict.
package enum ConflictWord: Hashable {
    /// A side for everything, or for one field.
    case side(String, field: String?)
    /// A side for what is still open.
    case rest(String)
    case base(field: String?)
    case both(field: String?)
    case merge(field: String?)
    case answer(field: String?)
    case edit(field: String?)
    case set(String)
    case unset(String)
    case clear(field: String?)
    case show(isWhole: Bool)
    case why(field: String?)
    case log
    case done(note: String?)
    case later
    case back
    case all([String])

    /// Words with their meaning, for help.
    package static let words: [(typed: String, meaning: String)] = [
        ("a", "take side a for everything"), ("a title", "take one field from it"), ("b*", "take side b for what is still open"),
        ("merge [field]", "take what merges by itself"), ("edit [field]", "open an editor on it"),
        ("base [field]", "go back to what all had seen"), ("both [field]", "keep all values as a list"),
        ("set title=…", "another value"), ("unset title", "remove a field"), ("answer [field]", "take the answer given here before"),
        ("clear [field]", "forget what was chosen"), ("show [all]", "show it again, or with every value whole"),
        ("why [field]", "who wrote it and what it overwrote"), ("log", "the record's history"),
        ("done [note]", "write what was chosen"), ("later", "go on to the next one"), ("back", "leave it as it is"),
        ("all …", "the same choice for all that match, e.g. all --where collection=notes"),
    ]

    static let namesWithField: Set<String> = ["base", "both", "merge", "answer", "edit", "set", "unset", "clear", "why"]
    package static let allNames: [String] = namesWithField.sorted() + ["show", "log", "done", "later", "back", "all"]

    /// nil when the words name a record or an option, or more than they may: then a command of the same name is meant.
    package init?(_ words: [String], isSide: (String) -> Bool) {
        guard let name = words.first else { return nil }
        let rest = Array(words.dropFirst())
        let field = rest.first
        if rest.contains(where: { $0.hasPrefix("--") }) && name != "all" { return nil }
        switch (name, rest.count) {
        case ("base", ...1): self = .base(field: field)
        case ("both", ...1): self = .both(field: field)
        case ("merge", ...1): self = .merge(field: field)
        case ("answer", ...1): self = .answer(field: field)
        case ("edit", ...1): self = .edit(field: field)
        case ("set", 1): self = .set(rest[0])
        case ("unset", 1): self = .unset(rest[0])
        case ("clear", ...1): self = .clear(field: field)
        case ("show", 0): self = .show(isWhole: false)
        case ("show", 1) where field == "all": self = .show(isWhole: true)
        case ("why", ...1): self = .why(field: field)
        case ("log", 0): self = .log
        case ("done", _): self = .done(note: rest.isEmpty ? nil : rest.joined(separator: " "))
        case ("later", 0): self = .later
        case ("back", 0): self = .back
        case ("all", _): self = .all(rest)
        case (_, 0) where name.hasSuffix("*") && isSide(String(name.dropLast())): self = .rest(String(name.dropLast()))
        case (_, 1) where field == "*" && isSide(name): self = .rest(name)
        case (_, ...1) where isSide(name): self = .side(name, field: field)
        default: return nil
        }
    }
}
