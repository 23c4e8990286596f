internal import EventCore

/// Completes a line: pure, of the catalogue of commands and what the store knows.
package struct Completer {
    let catalog: CommandCatalog
    /// Words of the prompt itself.
    let words: [String]
    let facts: any CompletionFacts
    let matching: WordMatching

    package init(catalog: CommandCatalog, words: [String], facts: any CompletionFacts, matching: WordMatching = .exact) {
        self.catalog = catalog
        self.words = words
        self.facts = facts
        self.matching = matching
    }

    package func completion(of text: String) -> Completion {
        let cut = CommandWords(cutting: text)
        guard var word = cut.words.last else { return .none(at: text.utf8.count) }
        // An escape may be cut.
        if cut.openQuote == .escapes { word = cut.textBeforeQuote }
        let fitting = candidates(for: word, after: Array(cut.words.dropLast())).filter { matching.begins($0.text, with: word) }
        guard let quote = cut.openQuote else {
            if fitting.isEmpty, word.hasSuffix("$") { return completion(ofEscapeBegunIn: text, cut, String(word.dropLast())) }
            return Completion(
                start: cut.lastWordOffset, candidates: fitting.map { CommandWords.typed($0.text) }, endsWord: fitting.allSatisfy(\.endsWord)
            )
        }
        if quote == .escapes { return completion(of: text, cut, fitting) }
        // What stands before the quote stays as it was typed.
        let typed = fitting.filter { $0.text.utf8.starts(with: cut.textBeforeQuote.utf8) }.map { candidate in
            CommandWords.typed(String(candidate.text.utf8.dropFirst(cut.textBeforeQuote.utf8.count)) ?? "", inside: quote)
                + (candidate.endsWord ? String(quote.character) : "")
        }
        return Completion(start: cut.openQuoteOffset + 1, candidates: typed, endsWord: fitting.allSatisfy(\.endsWord))
    }

    /// Behind a lone `$` goes on what is typed as an escape there.
    private func completion(ofEscapeBegunIn text: String, _ cut: CommandWords, _ word: String) -> Completion {
        let fitting = candidates(for: word, after: Array(cut.words.dropLast())).map {
            (typed: CommandWords.typed($0.text), endsWord: $0.endsWord)
        }
        .filter { $0.typed.utf8.starts(with: text.utf8.dropFirst(cut.lastWordOffset)) }
        return Completion(start: cut.lastWordOffset, candidates: fitting.map(\.typed), endsWord: fitting.allSatisfy(\.endsWord))
    }

    /// Inside `$'…` goes on what was completed up to there: words whose beginning is typed just so.
    private func completion(of text: String, _ cut: CommandWords, _ fitting: [Candidate]) -> Completion {
        let start = cut.openQuoteOffset + 1
        let goingOn = fitting.map { (typed: CommandWords.typed($0.text), endsWord: $0.endsWord) }
            .filter { $0.typed.utf8.starts(with: text.utf8.dropFirst(cut.lastWordOffset)) }
        return Completion(
            start: start, candidates: goingOn.compactMap { String($0.typed.utf8.dropFirst(start - cut.lastWordOffset)) },
            endsWord: goingOn.allSatisfy(\.endsWord))
    }

    private func candidates(for word: String, after previous: [String]) -> [Candidate] {
        guard let command = previous.first else { return firstWords() }
        if command == "syncline" { return ofCommand(word, previous.dropFirst()) }
        if let conflict = facts.conflict, let found = inConflict(conflict, command, word, previous) { return found }
        return ofCommand(word, previous[...])
    }

    private func ofCommand(_ word: String, _ previous: ArraySlice<String>) -> [Candidate] {
        guard let command = previous.first else { return catalog.names.map { Candidate($0) } }
        guard let options = catalog.options[command == "all" ? "resolve" : command] else {
            return command == "help" && previous.count == 1 ? candidates(.command, word, nil) : []
        }
        let record = previous.dropFirst().first { !$0.hasPrefix("-") && $0.contains("/") } ?? facts.conflict?.record
        if let last = previous.last, let option = options.first(where: { $0.name == last }), option.takesValue {
            return candidates(CommandCatalog.meaning(ofOption: last), word, record)
        }
        if word.hasPrefix("-") { return options.map { Candidate($0.name) } }
        return candidates(CommandCatalog.meaning(of: command, at: place(previous.dropFirst(), options)), word, record)
    }

    private func firstWords() -> [Candidate] {
        var texts = catalog.names + words
        if let conflict = facts.conflict { texts += ConflictWord.allNames + conflict.sides + conflict.sides.map { $0 + "*" } }
        return Set(texts).sorted().map { Candidate($0) }
    }

    /// nil where the word is one of a command.
    private func inConflict(_ conflict: ConflictFacts, _ command: String, _ word: String, _ previous: [String]) -> [Candidate]? {
        let isSide = conflict.sides.contains { $0.utf8.elementsEqual(command.utf8) }
        if command == "all" { return nil }
        guard isSide || ConflictWord.allNames.contains(command) else { return nil }
        guard previous.count == 1, isSide || ConflictWord.namesWithField.contains(command) else { return [] }
        if command == "set" { return candidates(.write, word, conflict.record) }
        return (conflict.fields + (isSide ? [] : conflict.kept)).sorted().map { Candidate($0) }
    }

    /// How many words that are no options came before.
    private func place(_ words: ArraySlice<String>, _ options: [CommandCatalog.Option]) -> Int {
        var place = 0
        var isValue = false
        for word in words {
            if isValue {
                isValue = false
            } else if word.hasPrefix("--") {
                isValue = options.contains { $0.name == word && $0.takesValue }
            } else {
                place += 1
            }
        }
        return place
    }

    private func candidates(_ meaning: CommandCatalog.Meaning, _ word: String, _ record: String?) -> [Candidate] {
        switch meaning {
        case .nothing: return []
        case .record: return facts.records(startingWith: word, matching)
        case .collection: return facts.collections.map { Candidate($0) }
        case .device: return facts.devices.map { Candidate($0) }
        case .side: return sides
        case .policy: return Policy.allCases.map { Candidate($0.word) }
        case .kind: return [EventKind.edit, .resolve, .undo, .import].map { Candidate($0.word) }
        case .command: return (catalog.names + words).map { Candidate($0) }
        case .file: return facts.files(startingWith: word, matching)
        case .field: return facts.fields(of: record).map { Candidate($0) }
        case .write: return assigned(word, to: facts.fields(of: record)) { facts.values(of: $0, near: record) }
        case .condition:
            return assigned(word, to: ["collection"] + facts.fields(of: nil)) {
                $0 == "collection" ? facts.collections : facts.values(of: $0, near: nil)
            }
        case .fieldOfSide: return assigned(word, to: facts.fields(of: record)) { _ in sides.map(\.text) }
        }
    }

    private var sides: [Candidate] { (facts.devices + ["base", "both"]).map { Candidate($0) } }

    /// `field=`, and behind it values.
    private func assigned(_ word: String, to fields: [String], _ values: (String) -> [String]) -> [Candidate] {
        guard let equals = word.firstIndex(of: "=") else { return fields.map { Candidate($0 + "=", endsWord: false) } }
        let field = String(word[..<equals])
        return values(field).map { Candidate(field + "=" + $0) }
    }
}
