extension ConflictWord {
    /// What a word takes, said to somebody who gave it something else.
    package struct Usage: Hashable {
        package let sentence: String
        package let hint: String
    }

    /// Words that are commands' names, too: with a record or an option the command is meant.
    private static let commandNames: Set<String> = ["log", "show", "unset", "why"]

    /// What the first of words that mean nothing here takes; nil where a command is meant, or it is no word of a conflict at all.
    package static func usage(_ words: [String], isSide: (String) -> Bool) -> Usage? {
        guard let name = words.first else { return nil }
        let rest = Array(words.dropFirst())
        if let first = rest.first, commandNames.contains(name), first.hasPrefix("-") || first.contains("/") { return nil }
        switch name {
        case "set":
            return Usage(
                sentence: "“set” takes one field=value",
                hint: (rest.allSatisfy { $0.contains("=") } ? oneByOne(name, rest) : nil)
                    ?? "a value with spaces stands in quotes: `set 'title=To the sea'`")
        case "unset": return ofField(name, rest, "“unset” takes one field")
        case _ where namesWithField.contains(name): return ofField(name, rest, "“\(name)” takes one field, or none for all of them")
        case "show": return Usage(sentence: "“show” takes nothing, or “all”", hint: "`show all` shows every value whole")
        case "log":
            return Usage(sentence: "“log” takes nothing: it is this record's history", hint: "of another record it is `log collection/id`")
        case "done": return Usage(sentence: "“done” takes a note and no options", hint: "for example `done we voted`")
        case "later", "back": return Usage(sentence: "“\(name)” takes nothing", hint: "`help` lists what there is")
        case _ where isSide(name): return ofField(name, rest, "“\(name)” takes one field, or none for everything")
        case _ where name.hasSuffix("*") && isSide(String(name.dropLast())):
            return Usage(sentence: "“\(name)” takes nothing: it is for all that is open", hint: "without the * it takes one field")
        default: return nil
        }
    }

    private static func ofField(_ name: String, _ rest: [String], _ sentence: String) -> Usage {
        let hint = rest.contains { $0.hasPrefix("-") } ? nil : oneByOne(name, rest)
        return Usage(sentence: sentence, hint: hint.map { $0 + "; a name with spaces stands in quotes" } ?? "`help` lists what there is")
    }

    /// How what was given at once is given one after the other.
    private static func oneByOne(_ name: String, _ rest: [String]) -> String? {
        guard rest.count > 1 else { return nil }
        return rest.prefix(3).map { "`\(CommandWords.typed(name)) \(CommandWords.typed($0))`" }.joined(separator: ", then ")
    }
}
