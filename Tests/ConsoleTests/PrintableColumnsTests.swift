import Testing

@testable import Console

struct PrintableColumnsTests {
    private static let texts = [
        "", "a", "日本語のテキスト", "e\u{301}e\u{301}e\u{301}", "a long enough text of short words", "a\u{1B}b and \n more",
        "averyveryveryverylongword with a short one behind", String(repeating: "x", count: 70),
    ]

    @Test(arguments: 2..<40) func `wrapping loses nothing and stays within the columns`(columns: Int) {
        for text in Self.texts {
            let lines = Printable.wrapped(text, to: columns)
            #expect(lines.joined() == Printable.escaped(text))
            #expect(lines.allSatisfy { Printable.width($0) <= columns }, "\(text) to \(columns)")
        }
    }

    @Test func `a line breaks behind a word where one ends in its second half`() {
        #expect(Printable.wrapped("to the far mountains", to: 12) == ["to the far ", "mountains"])
        #expect(Printable.wrapped("a mountainsandlakes", to: 12) == ["a mountainsa", "ndlakes"])
    }

    @Test func `texts that differ still do when their agreement is left out`() {
        let ends = ["", "A", "B", "AB", "BA", "日", "é", "e\u{301}"]
        for agreeing in [0, 1, 59, 60, 61, 200] {
            let (before, after) = (String(repeating: "x", count: agreeing), String(repeating: "y", count: agreeing))
            let texts = ends.map { before + $0 + after }
            let shown = Printable.differing(texts)
            #expect(Set(shown.map { Array($0.unicodeScalars) }).count == ends.count, "\(agreeing) characters agree")
            // Two of them look alike, and are spelled out: what differs is at most e\u0301.
            #expect(shown.allSatisfy { $0.unicodeScalars.count <= 2 + min(agreeing, 60) * 2 + 7 }, "\(agreeing) characters agree")
        }
    }

    @Test func `what differs stands between the characters beside it`() {
        let long = String(repeating: "x", count: 100)
        let near = String(repeating: "x", count: 20)
        #expect(Printable.differing([long + "A" + long, long + "B" + long]) == ["…\(near)A\(near)…", "…\(near)B\(near)…"])
        #expect(Printable.differing([long, long + "B"]) == ["…\(near)", "…\(near)B"])
    }

    @Test(arguments: [[], ["a"], ["short", "shore"], [String(repeating: "x", count: 100), String(repeating: "x", count: 100)]])
    func `short texts, single ones and equal ones stay as they are`(texts: [String]) {
        #expect(Printable.differing(texts) == texts)
    }
}
