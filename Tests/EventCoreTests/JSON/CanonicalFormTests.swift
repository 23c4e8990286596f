import EventCore
import Testing
import Workload

@Suite struct CanonicalFormTests {
    @Test(arguments: ArbitraryJSON.seeds)
    func `every spelling of a value has the same canonical form`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let value = ArbitraryJSON.value(&random)
            let spelled = SpelledJSON(value, seed: random.next()).text
            #expect(try FieldValue(json: spelled.utf8) == value.canonical, "seed \(seed): \(spelled)")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `a canonical form is its own canonical form, and says so`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let value = ArbitraryJSON.value(&random).canonical
            #expect(try FieldValue(json: value.canonical) == value, "seed \(seed)")
            #expect(value.canonical.withUnsafeBufferPointer { FieldValue.isCanonical($0) }, "seed \(seed)")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `only the canonical spelling is canonical`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let value = ArbitraryJSON.value(&random)
            let spelled = Array(SpelledJSON(value, seed: random.next()).text.utf8)
            let isCanonical = spelled.withUnsafeBufferPointer { FieldValue.isCanonical($0) }
            #expect(isCanonical == (spelled == value.canonical.canonical), "seed \(seed): \(String(decoding: spelled, as: UTF8.self))")
        }
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `a tree comes back from its canonical form`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let value = ArbitraryJSON.value(&random)
            #expect(try JSONValue(value.canonical) == value, "seed \(seed)")
        }
    }

    @Test(arguments: 0...24)
    func `what ends a run of plain bytes is found at every place`(length: Int) throws {
        let plain = String(repeating: "~", count: length)
        for (spelled, form) in [("\\/", "/"), ("\\\"", "\\\""), ("é", "é"), ("\\u001F", "\\u001f"), ("\u{7F}", "\u{7F}")] {
            let text = "\"\(plain)\(spelled)\(plain)\""
            #expect(try FieldValue(json: text.utf8).description == "\"\(plain)\(form)\(plain)\"")
        }
        for byte: UInt8 in [0x00, 0x1F, 0x80, 0xFF] {
            let reason: JSONError.Reason = byte < 0x80 ? .controlCharacter(byte) : .invalidUTF8
            #expect(throws: JSONError(line: 1, column: length + 2, offset: length + 1, reason: reason)) {
                try FieldValue(json: Array("\"\(plain)".utf8) + [byte] + Array("\(plain)\"".utf8))
            }
        }
    }

    @Test(
        arguments: [
            // RFC 8785, section 3.2.2.
            (
                """
                {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                 "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}
                """,
                """
                {"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                "string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}
                """
            ),
            // RFC 8785, section 3.2.3.
            (
                """
                {"\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
                 "\\ud83d\\ude00": "Emoji: Grinning Face", "\\u0080": "Control", "\\u00f6": "Latin Small Letter O With Diaeresis"}
                """,
                """
                {"\\r":"Carriage Return","1":"One","\u{80}":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",\
                "😀":"Emoji: Grinning Face","\u{FB33}":"Hebrew Letter Dalet With Dagesh"}
                """
            ),
            ("[ ]", "[]"), (" { } ", "{}"), ("\t\r\n 1 \n", "1"), ("\"\"", "\"\""), ("[[],{},[{}]]", "[[],{},[{}]]"),
            ("{\"\":0}", "{\"\":0}"),
            ("{\"b\":1,\"a\":{\"d\":1,\"c\":[{\"f\":1,\"e\":2}]}}", "{\"a\":{\"c\":[{\"e\":2,\"f\":1}],\"d\":1},\"b\":1}"),
            ("{\"b\":1, \"a\":[1, 2]}", "{\"a\":[1,2],\"b\":1}"), ("{\"aa\":1,\"a\":2}", "{\"a\":2,\"aa\":1}"),
            ("\"\\u2028\\u007f\\uD834\\udd1e\"", "\"\u{2028}\u{7F}𝄞\""), ("\"\\b\\t\\n\\f\\r\\\"\\\\\"", "\"\\b\\t\\n\\f\\r\\\"\\\\\""),
            ("\"\\u0008\\u0009\\u000A\\u000b\\u000c\\u000D\\u0000\"", "\"\\b\\t\\n\\u000b\\f\\r\\u0000\""),
            // Spelled in NFC and in NFD, a key is two keys.
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"e\u{301}\":2,\"\u{E9}\":1}"),
        ])
    func `a value has one canonical form`(json: String, form: String) throws {
        let value = try FieldValue(json: json.utf8)
        #expect(value.description == form)
        // String's own comparison takes NFC and NFD for equal.
        #expect(value.canonical == Array(form.utf8))
    }

    @Test func `64 nested containers are a value and 65 are not`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let value = try FieldValue(json: nested(64, open, close).utf8)
            #expect(try JSONValue(value).canonical == value)
            let place = 64 * open.utf8.count
            #expect(throws: JSONError(line: 1, column: place + 1, offset: place, reason: .tooDeep)) {
                try FieldValue(json: nested(65, open, close).utf8)
            }
        }
    }

    @Test func `a great object is sorted, and its duplicate found, without comparing each with each`() throws {
        let keys = (0..<3000).map { "k\($0)" }
        let text = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        let value = try FieldValue(json: text.utf8)
        #expect(value.description == "{" + keys.sorted().map { "\"\($0)\":0" }.joined(separator: ",") + "}")
        let place = text.utf8.count
        #expect(throws: JSONError(line: 1, column: place + 1, offset: place, reason: .duplicateKey(Array("k17".utf8)))) {
            try FieldValue(json: (text.dropLast() + ",\"k17\":1,\"k2\":1}").utf8)
        }
    }
}
