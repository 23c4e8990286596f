internal import PromptLine

/// Reads arbitrary bytes as what somebody types at a prompt: the first line. The words of the others are what its store knows. Words come back from how they are typed, and what completes a line is read as
/// what was meant, wherever quotes and backslashes stand.
package func fuzzLine(_ bytes: UnsafeRawBufferPointer) {
    let lines = bytes.prefix(lineBytesLimit).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let texts = lines.map { String(decoding: $0, as: UTF8.self) }
    let typed = texts.first ?? ""
    let names = texts.dropFirst().flatMap { CommandWords(cutting: $0).words }.filter { !$0.isEmpty }
    checkWords(typed)
    checkCompletion(of: typed, names)
    _ = NearWords.of(typed, among: names)
}

/// To look for near words takes time by the product of lengths.
private let lineBytesLimit = 2048

private func checkWords(_ line: String) {
    let cut = CommandWords(cutting: line)
    precondition(!cut.words.isEmpty && cut.lastWordOffset <= line.utf8.count)
    do throws(OpenQuote) {
        let words = try CommandWords.split(line)
        precondition(cut.openQuote == nil && cut.words.starts(with: words))
        let again = words.map { $0.isEmpty ? "''" : CommandWords.typed($0) }.joined(separator: " ")
        precondition(isSame((try? CommandWords.split(again)) ?? [], words))
        for word in words {
            let quoted = [CommandWords.Quote.single, .double].map {
                "\($0.character)\(CommandWords.typed(word, inside: $0))\($0.character)"
            }
            for text in quoted + [CommandWords.typed(word)] where !text.isEmpty {
                precondition(isSame((try? CommandWords.split(text)) ?? [], [word]))
                precondition(!text.unicodeScalars.contains(where: \.steersTerminal), "what is completed steers the terminal")
            }
        }
        for names in [[], words] { _ = ConflictWord(words) { names.contains($0) } }
    } catch { precondition(cut.openQuote == error.quote && error.character <= line.unicodeScalars.count) }
}

private func checkCompletion(of line: String, _ names: [String]) {
    let matchings = [.exact, WordMatching(ignoresCase: true, mapsDashes: false), WordMatching(ignoresCase: true, mapsDashes: true)]
    for (matching, isInConflict) in matchings.flatMap({ [($0, false), ($0, true)] }) {
        let facts = Names(names, isInConflict)
        let completer = Completer(catalog: CommandCatalog(help: help), words: ["quit"] + names, facts: facts, matching: matching)
        let cut = CommandWords(cutting: line)
        let completion = completer.completion(of: line)
        let kept = line.utf8.prefix(completion.start)
        guard let before = String(kept) else { preconditionFailure("a character is cut in two") }
        for candidate in completion.candidates {
            let completed = CommandWords(cutting: before + candidate)
            precondition(isSame(completed.words.dropLast(), cut.words.dropLast()))
            guard let word = completed.words.last, var beginning = cut.words.last else { preconditionFailure("a line has a last word") }
            if cut.openQuote == .escapes { beginning = cut.textBeforeQuote }
            // Behind a lone `$` an escape goes on: that stands there as it was typed, and is none of the word.
            let goesOn = (before + candidate).utf8.starts(with: line.utf8)
            precondition(goesOn || matching.begins(word, with: beginning), "what was typed is no longer there")
            precondition(!completion.endsWord || completed.openQuote == nil, "a whole word ends in an open quote")
        }
    }
}

/// The same texts to the byte: to Swift texts are equal when they look the same.
private func isSame(_ left: some Sequence<String>, _ right: some Sequence<String>) -> Bool {
    left.elementsEqual(right) { $0.utf8.elementsEqual($1.utf8) }
}

private let help = [
    "get": "OPTIONS:\n  --json  As JSON\n", "list": "  --where <field=value>  Only those\n  --collection <name>  Of it\n",
    "log": "  --device <name>  Of it\n  --kind <kind>  Of it\n  -f, --field <name>  Of it\n", "put": "  --note <text>  Why\n",
    "resolve": "  --choose <side>  It\n  --choose-field <field=side>  It\n  --set <field=value>  It\n", "policy": "", "unset": "",
    "name": "", "import": "",
]

/// A store all of whose names are these.
private struct Names: CompletionFacts {
    let names: [String]
    let conflict: ConflictFacts?

    init(_ names: [String], _ isInConflict: Bool) {
        self.names = names
        conflict = isInConflict ? ConflictFacts(record: names.first ?? "", sides: ["a", "b"] + names, fields: names) : nil
    }

    var collections: [String] { names }
    var devices: [String] { names }
    func records(startingWith text: String, _ matching: WordMatching) -> [Candidate] {
        names.map { Candidate($0, endsWord: $0.utf8.count % 2 == 0) }
    }
    func files(startingWith text: String, _ matching: WordMatching) -> [Candidate] { records(startingWith: text, matching) }
    func fields(of record: String?) -> [String] { names }
    func values(of field: String, near record: String?) -> [String] { names + [field] }
}
