import PromptLine
import Testing

@testable import Console

struct CommandWordsTests {
    private static let samples: [(line: String, words: [String])] = [
        ("", []), ("   ", []), ("put notes/trip", ["put", "notes/trip"]), ("  put\tnotes/trip  ", ["put", "notes/trip"]),
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]), ("title=\"To the sea\"", ["title=To the sea"]), ("a\\ b", ["a b"]), ("''", [""]),
        ("a'b'\"c\"d", ["abcd"]), ("'a\\b'", ["a\\b"]), ("\"a\\nb\"", ["a\\nb"]), ("\"a\\\"b\\\\c\"", ["a\"b\\c"]), ("#100", ["#100"]),
        ("日本 'é x'", ["日本", "é x"]), ("a\\", ["a\\"]), ("a$'\\u009b4\\t'b c", ["a\u{9B}4\tb", "c"]),
        ("$'it\\'s \\\\ \\x41\\101\\U0001f600\\q'", ["it's \\ AA😀\\q"]), ("$'\\xc3\\xa9'", ["é"]),
        ("$'\\xff' $'\\ud800'", ["\\xff", "\\ud800"]),
        ("put tags=[\"a\",\"b, c\"] x", ["put", "tags=[\"a\",\"b, c\"]", "x"]), ("--set=o={\"a\":\"\\\"\"}", ["--set=o={\"a\":\"\\\"\"}"]),
        ("a=[\"b] c\"", ["a=[b] c"]), ("a=[b\"c\"]", ["a=[bc]"]), ("'a=[\"b\"]'", ["a=[\"b\"]"]), ("a=[\\\"b\\\"]", ["a=[\"b\"]"]),
        ("$'\\u' $ '$' \\$'a' \"$'\"", ["\\u", "$", "$", "$a", "$'"]),
    ]

    @Test(arguments: samples) func `a line is words as in a shell`(sample: (line: String, words: [String])) throws {
        #expect(try CommandWords.split(sample.line) == sample.words)
    }

    @Test(arguments: ["a 'b", "é \"b c", "a'", "a$'b\\'"]) func `an open quote is an error that names its place`(line: String) throws {
        let error = ConsoleError(try #require(throws: OpenQuote.self) { try CommandWords.split(line) })
        let place = line.unicodeScalars.firstIndex { $0 == "'" || $0 == "\"" }.map {
            line.unicodeScalars.distance(from: line.startIndex, to: $0) + 1
        }
        #expect(error.sentence.hasSuffix("character \(try #require(place))"))
    }

    @Test func `what is typed for a word is read as that word`() throws {
        for word in [
            "a", "a b", "it's", "say \"hi\"", "a\\b", "#1", "日本 語", "\t", "e\u{301}", "\u{1B}[31m red\u{9B}0m", "#\u{202E}#\n",
            "a$\u{1B}'$\u{7}'",
        ] {
            #expect(try CommandWords.split(CommandWords.typed(word)) == [word])
            #expect(try CommandWords.split("\"" + CommandWords.typed(word, inside: .double) + "\"") == [word])
            #expect(try CommandWords.split("'" + CommandWords.typed(word, inside: .single) + "'") == [word])
            for quote in [nil, CommandWords.Quote.single, .double] {
                let steering = CommandWords.typed(word, inside: quote).unicodeScalars.filter(\.steersTerminal)
                #expect(steering.isEmpty)
            }
        }
    }

    @Test func `a cut line says where its last word begins`() {
        #expect(CommandWords(cutting: "get notes/tr").lastWordOffset == 4)
        #expect(CommandWords(cutting: "get ").lastWordOffset == 4)
        #expect(CommandWords(cutting: "get ").words == ["get", ""])
        let cut = CommandWords(cutting: "put é title=\"To the")
        #expect(cut.openQuote == .double)
        #expect(cut.openQuoteOffset == 13)
        #expect(cut.textBeforeQuote == "title=")
        #expect(cut.words == ["put", "é", "title=To the"])
    }
}
