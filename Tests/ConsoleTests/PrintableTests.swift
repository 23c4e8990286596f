import Testing

@testable import Console

struct PrintableTests {
    @Test(arguments: [
        ("plain é 日本", "plain é 日本"), ("\u{1B}[31mred", "\\u001b[31mred"), ("a\nb\tc", "a\\u000ab\\u0009c"), ("\u{9B}2J", "\\u009b2J"),
        ("abc\u{202E}def", "abc\\u202edef"),
    ])
    func `data never steers a terminal`(text: String, shown: String) {
        #expect(Printable.escaped(text) == shown)
    }

    @Test(arguments: [
        ("a\nb\r\nc\n", "a\nb\r\nc\n"), ("{\"a\":\"\u{9B}\"}\n", "{\"a\":\"\\u009b\"}\n"),
        ("\"a\rb\u{1B}\"\r\n", "\"a\\u000db\\u001b\"\r\n"), ("\r", "\\u000d"),
    ])
    func `lines stay lines and steer no terminal either`(text: String, shown: String) {
        #expect(Printable.escapedLines(Array(text.utf8)) == Array(shown.utf8))
    }

    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👍", 2), ("", 0), ("🚀", 2), ("✅⭐", 4), ("🪐🟢", 4), ("🇩🇪", 2), ("❤✓", 2), ("한", 2), ("한", 2),
    ])
    func `columns are counted as a terminal gives them`(text: String, columns: Int) {
        #expect(Printable.width(text) == columns)
    }

    @Test(arguments: 1..<12) func `fitted text has just the columns asked for`(columns: Int) {
        for text in ["", "a", "日本語のテキスト", "e\u{301}e\u{301}e\u{301}", "a long enough text", "a\u{1B}b"] {
            #expect(Printable.width(Printable.fitted(text, to: columns)) == columns, "\(text) to \(columns)")
        }
    }
}
