import EventCore
import Testing

@testable import Console

/// Values that differ do not look alike beside each other.
struct PrintableLookAlikesTests {
    private static let alike: [(String, String)] = [
        ("é", "e\u{301}"), ("a b", "a\u{A0}b"), ("ab", "a\u{200B}b"), ("ab", "a\u{AD}b"), ("a\u{1F}b\n", "a\\u001fb\n"), ("a\nb", "a\nb\n"),
        ("a\n", "a\n\n\n"), ("a\nb", "a \nb"), ("a\nb", "a\nb  "), ("x\né\nb", "x\ne\u{301}\nb"),
    ]

    /// What stands in a cell, as somebody sees it: spaces at the end of a line and empty lines below are nothing.
    private static func seen(_ lines: [String]) -> [String] {
        var lines = lines.map { line in
            String(Printable.escaped(line).precomposedForTest.reversed().drop { $0 == " " }.reversed())
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    @Test(arguments: alike) func `texts that look alike are told apart, whatever stands beside them`(pair: (String, String)) {
        let texts = [pair.0, pair.1, "quite\nanother"].map { Printable.Lines(FieldValue(text: $0)) }
        let shown = Printable.toldApart(texts).map(Self.seen)
        #expect(Set(shown).count == 3, "\(shown)")
        let values = [pair.0, pair.1].map { FieldValue(text: $0).description }
        #expect(Set(Printable.toldApart(values).map { Self.seen([$0]) }).count == 2)
    }

    @Test func `a text and a value that reads like it are two`() throws {
        let texts = [FieldValue(text: "[1]\n"), try FieldValue(json: "[1]".utf8)].map(Printable.Lines.init)
        #expect(Printable.toldApart(texts) == [["\"[1]\\n\""], ["[1]"]])
    }

    @Test func `texts that look as they are stay so`() {
        let texts = ["to the sea\nby train\n", "to the lake\nby train\n", "nach Übersee\n"].map { Printable.Lines(FieldValue(text: $0)) }
        #expect(Printable.toldApart(texts) == [["to the sea", "by train"], ["to the lake", "by train"], ["nach Übersee"]])
        #expect(Printable.toldApart(["\"é\"", "\"日本\"", "\"é\""]) == ["\"é\"", "\"日本\"", "\"é\""])
    }

    @Test(arguments: [
        ("a\nb\nc\n", "a\nB\nc\n", [" a", "-b", "+B", " c"]), ("a\nb\n", "a\nb", [" \"a\\n\"", "-\"b\\n\"", "+\"b\""]),
        ("a\nb ", "a\nb", [" \"a\\n\"", "-\"b \"", "+\"b\""]), ("a \nb\nc\n", "a\nb\nd\n", ["-\"a \"", "+\"a\"", " b", "-c", "+d"]),
        ("\"b \"\nb \nx\n", "b \nb\ny\n", ["-\"b \"", " \"b \"", "-x", "+\"b\"", "+y"]),
    ])
    func `a diff shows what differs`(old: String, new: String, lines: [String]) {
        let shown = TextDiff(Array(old.utf8), Array(new.utf8)).lines
        #expect(shown.map { String($0.prefix(1)) + $0.dropFirst(2) } == lines)
    }

    @Test func `only the lines that look alike are spelled out`() {
        let texts = ["a\nb \nc", "a\nb\nd"].map { Printable.Lines(FieldValue(text: $0)) }
        #expect(Printable.toldApart(texts) == [["a", "\"b \"", "c"], ["a", "\"b\"", "d"]])
    }
}

extension String {
    /// Composed, with plain spaces and without what takes no column: what a person can tell.
    fileprivate var precomposedForTest: String {
        let plain = String(String.UnicodeScalarView(unicodeScalars.filter { Printable.width($0) > 0 || $0 == "\u{301}" }))
        return plain.replacing("\u{A0}", with: " ").replacing("e\u{301}", with: "é")
    }
}
