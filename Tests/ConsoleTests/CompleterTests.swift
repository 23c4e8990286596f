import PromptLine
import Testing

@testable import Console

struct CompleterTests {
    private struct Facts: CompletionFacts {
        var collections = ["notes", "teams"]
        var devices = ["laptop", "my phone"]
        var conflict: ConflictFacts?

        func records(startingWith text: String, _ matching: WordMatching) -> [Candidate] {
            text.contains("/")
                ? [
                    Candidate("notes/trip"), Candidate("notes/a b"), Candidate("notes/Ärger"), Candidate("notes/x_1-K"),
                    Candidate("notes/e\u{9B}1m"), Candidate("notes/e\u{9B}2m"),
                ]
                : [Candidate("notes/", endsWord: false)]
        }
        func files(startingWith text: String, _ matching: WordMatching) -> [Candidate] {
            [Candidate("my events.jsonl"), Candidate("old/", endsWord: false)]
        }
        func fields(of record: String?) -> [String] { record == nil ? ["days", "kind", "title"] : ["title", "days"] }
        func values(of field: String, near record: String?) -> [String] { field == "title" ? ["To the sea", "\"3\""] : [] }
    }

    private func candidates(_ text: String, in conflict: ConflictFacts? = nil, matching: WordMatching = .exact) -> [String] {
        let completer = Completer(
            catalog: CommandCatalog(Prompt.commands), words: Prompt.words, facts: Facts(conflict: conflict), matching: matching)
        return completer.completion(of: text).candidates
    }

    private static let inConflict = ConflictFacts(record: "notes/trip", sides: ["a", "b"], fields: ["title", "days"])

    @Test func `the first word is a command or one of the prompt's`() {
        #expect(candidates("pu") == ["pull", "push", "put"])
        #expect(candidates("unse") == ["unset"])
        #expect(candidates("qu") == ["quit"])
        #expect(candidates("con") == ["conflicts"])
        #expect(candidates("x").isEmpty)
    }

    @Test func `files are offered where a command takes one, as they have to be typed`() {
        #expect(candidates("import ") == ["my\\ events.jsonl", "old/"])
        #expect(candidates("import my") == ["my\\ events.jsonl"])
        #expect(candidates("import \"my") == ["my events.jsonl\""])
        #expect(candidates("export --csv --collection notes o") == ["old/"])
        #expect(candidates("inspect ") == ["my\\ events.jsonl", "old/"])
        #expect(candidates("export a ").isEmpty)
    }

    @Test func `options are those of the command's own help`() {
        #expect(candidates("resolve notes/trip --ch") == ["--choose", "--choose-field"])
        #expect(candidates("conflicts --col") == ["--collection"])
        #expect(candidates("get --frob").isEmpty)
    }

    @Test func `collections, records, fields, values, devices, policies stand where they belong`() {
        #expect(candidates("get no") == ["notes/"])
        #expect(candidates("get notes/t") == ["notes/trip"])
        #expect(candidates("get notes/a") == ["notes/a\\ b"])
        #expect(candidates("put notes/trip ti") == ["title="])
        #expect(candidates("put notes/trip title=T") == ["title=To\\ the\\ sea"])
        #expect(candidates("list --where title=") == ["title=To\\ the\\ sea", "title=\\\"3\\\""])
        #expect(candidates("all --where collection=te") == ["collection=teams"])
        #expect(candidates("unset notes/trip --note x d") == ["days"])
        #expect(candidates("log --device l") == ["laptop"])
        #expect(candidates("resolve notes/trip --choose b") == ["base", "both"])
        #expect(candidates("policy notes la") == ["latest"])
        #expect(candidates("log --kind un") == ["undo"])
        #expect(candidates("help resol") == ["resolve"])
    }

    @Test func `inside a quote the rest of the word is completed and the quote closed`() {
        #expect(candidates("get \"notes/a") == ["notes/a b\""])
        #expect(candidates("put notes/trip title=\"To") == ["To the sea\""])
        #expect(candidates("put notes/trip title='To") == ["To the sea'"])
        #expect(candidates("log --device 'my") == ["my phone'"])
    }

    @Test func `what steers a terminal is completed as an escape, from wherever its word was cut`() {
        #expect(candidates("get notes/e") == ["notes/e$'\\u009b'1m", "notes/e$'\\u009b'2m"])
        // What both have in common, as readline puts it into the line.
        for cut in ["", "\\", "\\u", "\\u0", "\\u009b"] {
            #expect(candidates("get notes/e$'" + cut) == ["\\u009b'1m", "\\u009b'2m"], "\(cut)")
        }
        #expect(candidates("get notes/e$'\\u009b'2") == ["notes/e$'\\u009b'2m"])
        #expect(candidates("get notes/e$'\\u009c").isEmpty)
        #expect(candidates("get notes/e$") == candidates("get notes/e"))
        #expect(candidates("get notes/t$").isEmpty)
        #expect(candidates("get 'notes/e") == ["notes/e'$'\\u009b''1m'", "notes/e'$'\\u009b''2m'"])
        #expect(candidates("get \"notes/e") == ["notes/e\"$'\\u009b'\"1m\"", "notes/e\"$'\\u009b'\"2m\""])
    }

    @Test func `upper and lower case are alike where they are to be`() {
        let ignoring = WordMatching(ignoresCase: true, mapsDashes: false)
        let mapping = WordMatching(ignoresCase: true, mapsDashes: true)
        for text in ["PU", "get NO", "get notes/TR", "put notes/trip TI", "put notes/trip title=to", "log --device MY", "get notes/ä"] {
            #expect(candidates(text).isEmpty)
            #expect(candidates(text, matching: ignoring) == candidates(text, matching: mapping))
        }
        #expect(candidates("PU", matching: ignoring) == ["pull", "push", "put"])
        #expect(candidates("get NO", matching: ignoring) == ["notes/"])
        #expect(candidates("put notes/trip title=to", matching: ignoring) == ["title=To\\ the\\ sea"])
        #expect(candidates("get notes/ä", matching: ignoring) == ["notes/Ärger"])
        // The sign of kelvin, three bytes for one.
        #expect(candidates("get notes/X_1-\u{212A}", matching: ignoring) == ["notes/x_1-K"])
        #expect(candidates("get notes/x-1", matching: ignoring).isEmpty)
        #expect(candidates("get notes/X-1_", matching: mapping) == ["notes/x_1-K"])
        #expect(candidates("resolve notes/trip --choose_F", matching: mapping) == ["--choose-field"])
        #expect(candidates("get notes/x-1", matching: WordMatching(ignoresCase: false, mapsDashes: true)).isEmpty)
        // What stands before a quote stays, and so has to be right.
        #expect(candidates("get no\"TES/TR", matching: ignoring) == ["tes/trip\""])
        #expect(candidates("get NO\"tes/tr", matching: ignoring).isEmpty)
    }

    @Test func `in a conflict sides and fields are offered`() {
        #expect(candidates("b", in: Self.inConflict).contains("b*"))
        #expect(candidates("a ti", in: Self.inConflict) == ["title"])
        #expect(candidates("edit d", in: Self.inConflict) == ["days"])
        #expect(candidates("set ti", in: Self.inConflict) == ["title="])
        #expect(candidates("a title ", in: Self.inConflict).isEmpty)
        #expect(candidates("get notes/t", in: Self.inConflict) == ["notes/trip"])
        // Where a delete stands against an edit a side is taken as a whole.
        let whole = ConflictFacts(record: "notes/trip", sides: ["a", "b"], fields: [], kept: ["title"])
        #expect(candidates("a ti", in: whole).isEmpty && candidates("a ", in: whole).isEmpty)
        #expect(candidates("edit ti", in: whole) == ["title"])
        #expect(candidates("all --choose ", in: Self.inConflict) == candidates("all --choose "))
        #expect(candidates("all --choose l", in: Self.inConflict) == ["laptop"])
    }

    @Test func `behind the program's name a command is completed, in a conflict too`() {
        for conflict in [nil, Self.inConflict] {
            #expect(candidates("syncline unse", in: conflict) == ["unset"])
            #expect(candidates("syncline show no", in: conflict) == ["notes/"])
            #expect(candidates("syncline resolve notes/trip --choose b", in: conflict) == ["base", "both"])
        }
    }

    @Test func `only what ends a word is followed by a space`() {
        let completer = Completer(catalog: CommandCatalog(Prompt.commands), words: Prompt.words, facts: Facts())
        #expect(!completer.completion(of: "get no").endsWord)
        #expect(completer.completion(of: "get notes/t").endsWord)
        #expect(completer.completion(of: "get notes/t").start == 4)
    }
}
