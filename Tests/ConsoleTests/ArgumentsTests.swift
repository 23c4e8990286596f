import EventCore
import PromptLine
import Testing

@testable import Console

struct ArgumentsTests {
    @Test(arguments: [
        ("notes/trip", "notes", "trip"), ("notes/a/b", "notes", "a/b"), ("a%2Fb/c", "a/b", "c"), ("a%25b/c%2Fd", "a%b", "c%2Fd"),
        ("a%2fb//x", "a/b", "/x"),
    ])
    func `the first slash splits a record, and what is typed comes back`(text: String, collection: String, record: String) throws {
        let key = try Arguments.record(text)
        #expect(key.collection.text == collection && key.record.text == record)
        #expect(try Arguments.record(Arguments.text(key)) == key)
    }

    @Test(
        arguments: [
            ("1000", 1000), ("0", 0), ("500MB", 500_000_000), ("20GB", 20_000_000_000), ("1TB", 1_000_000_000_000), ("", nil), ("MB", nil),
            ("-1", nil),
            ("1.5GB", nil), ("1 GB", nil), ("5XB", nil), ("9223372036854775807", 9_223_372_036_854_775_807), ("9223372036854775808", nil),
            ("18446744TB", nil),
        ] as [(String, UInt64?)])
    func `a size is bytes, or a number with its unit`(text: String, bytes: UInt64?) { #expect(Arguments.bytes(text) == bytes) }

    @Test(arguments: ["notes", "/x", "notes/", "a%b/c", "a%2/c"]) func `what is no record is wrong usage`(text: String) {
        #expect { try Arguments.record(text) } throws: { ($0 as? ConsoleError)?.status == .usage }
    }

    @Test(arguments: [
        ("f=1", "1"), ("f=1.0", "1"), ("f=a=b", "\"a=b\""), ("f=", "\"\""), ("f=true", "true"), ("f=\"1\"", "\"1\""), ("f=01", "\"01\""),
        ("f={\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"), ("f={\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""),
        ("f=18446744073709551615", "18446744073709551615"), ("f=18446744073709551616 sheep", "\"18446744073709551616 sheep\""),
        ("f=[1e999,", "\"[1e999,\""), ("f=99999999999999999999-11", "\"99999999999999999999-11\""),
    ])
    func `a value is JSON if it parses as JSON, else text`(text: String, canonical: String) throws {
        let write = try Arguments.write(text)
        #expect(write.field.text == "f" && write.value.description == canonical)
    }

    @Test(arguments: ["f=18446744073709551616", "f=1e999", "f=-1.5E+999", "f=[1,99999999999999999999999]", "f=[1e999,{\"a\":-1e999}]"])
    func `a number beyond the limits is an error that says to quote it`(text: String) {
        #expect { try Arguments.write(text) } throws: { ($0 as? ConsoleError)?.hint?.contains("quote") == true }
    }

    @Test(arguments: [
        ("notes/trip", "notes/trip"), ("notes/日本", "notes/日本"), ("notes/two words", "'notes/two words'"),
        ("notes/it's", "'notes/it'\\''s'"),
        ("notes/a\u{1B}'\\", "$'notes/a\\x1b\\'\\\\'"), ("no%2Ftes/a/b", "no%2Ftes/a/b"), ("notes/*", "'notes/*'"),
    ])
    func `a record stands in a command as a shell reads it`(text: String, typed: String) throws {
        #expect(Arguments.typed(try Arguments.record(text)) == typed)
    }

    @Test(arguments: [
        ("notes/trip", "notes/trip"), ("notes/日本", "notes/日本"), ("notes/*#", "'notes/*#'"), ("notes/👩‍🚀❤️‍🔥", "notes/👩‍🚀❤️‍🔥"),
        ("n/a, b", "'n/a, b'"),
        ("n/ends ", "'n/ends '"), ("n/it's", "'n/it'\\''s'"), ("n/\"q\"", "'n/\"q\"'"), ("n/a\\u202eb", "'n/a\\u202eb'"),
        ("n/a\u{202E}b", "$'n/a\\u202eb'"), ("n/a\u{200B}", "$'n/a\\u200b'"), ("n/\u{9B}'\\", "$'n/\\u009b\\'\\\\'"),
        ("n/\u{A0}\u{3000}", "$'n/\\u00a0\\u3000'"),
        ("n/\u{E000}\u{E0041}", "$'n/\\ue000\\U000e0041'"), ("n/\u{AD}x", "$'n/\\u00adx'"),
    ])
    func `a record is shown so that it can be typed at the prompt, and is taken for no other`(text: String, shown: String) throws {
        let key = try Arguments.record(text)
        #expect(Arguments.shown(key) == shown)
        #expect(try CommandWords.split(Arguments.shown(key)) == [text])
    }
}
