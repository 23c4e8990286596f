import EventCore
import Testing

/// Each case: the bytes, the place, the reason. The offset is checked against line and column.
@Suite struct JSONRefusalTests {
    static let syntax: [(String, line: Int, column: Int, JSONError.Reason)] = [
        ("", 1, 1, .unexpectedEnd), ("  ", 1, 3, .unexpectedEnd), ("\n\n ", 3, 2, .unexpectedEnd), ("[1,]", 1, 4, .unexpectedByte(0x5D)),
        ("[1 2]", 1, 4, .unexpectedByte(0x32)), ("[1", 1, 3, .unexpectedEnd), ("[", 1, 2, .unexpectedEnd),
        ("[,1]", 1, 2, .unexpectedByte(0x2C)),
        ("[1,\n 2,\n x]", 3, 2, .unexpectedByte(0x78)), ("]", 1, 1, .unexpectedByte(0x5D)), ("{\"a\":1,}", 1, 8, .unexpectedByte(0x7D)),
        ("{\"a\" 1}", 1, 6, .unexpectedByte(0x31)), ("{\"a\":}", 1, 6, .unexpectedByte(0x7D)), ("{a:1}", 1, 2, .unexpectedByte(0x61)),
        ("{1:1}", 1, 2, .unexpectedByte(0x31)), ("{\"a\":1", 1, 7, .unexpectedEnd), ("{\"a\":1]", 1, 7, .unexpectedByte(0x5D)),
        ("{'a':1}", 1, 2, .unexpectedByte(0x27)), ("[1}", 1, 3, .unexpectedByte(0x7D)), ("nul", 1, 4, .unexpectedEnd),
        ("nulL", 1, 4, .unexpectedByte(0x4C)), ("True", 1, 1, .unexpectedByte(0x54)), ("truex", 1, 5, .trailingBytes),
        ("1 2", 1, 3, .trailingBytes),
        ("1\u{0B}", 1, 2, .trailingBytes), ("null\u{0}", 1, 5, .trailingBytes), ("\u{0}", 1, 1, .unexpectedByte(0)),
        ("{}{}", 1, 3, .trailingBytes),
        ("\u{FEFF}1", 1, 1, .byteOrderMark), ("1\u{FEFF}", 1, 2, .trailingBytes), ("/**/1", 1, 1, .unexpectedByte(0x2F)),
        ("[1]//", 1, 4, .trailingBytes), ("\u{A0}1", 1, 1, .unexpectedByte(0xC2)),
    ]

    static let numbers: [(String, line: Int, column: Int, JSONError.Reason)] = [
        ("01", 1, 1, .leadingZero), ("[-012]", 1, 3, .leadingZero), ("00", 1, 1, .leadingZero), ("-", 1, 2, .unexpectedEnd),
        ("-x", 1, 2, .unexpectedByte(0x78)), ("+1", 1, 1, .unexpectedByte(0x2B)), (".5", 1, 1, .unexpectedByte(0x2E)),
        ("1.", 1, 3, .unexpectedEnd),
        ("[1.]", 1, 4, .unexpectedByte(0x5D)), ("1.e1", 1, 3, .unexpectedByte(0x65)), ("1e", 1, 3, .unexpectedEnd),
        ("1e+", 1, 4, .unexpectedEnd),
        ("[1e+]", 1, 5, .unexpectedByte(0x5D)), ("1_0", 1, 2, .trailingBytes), ("0x10", 1, 2, .trailingBytes), ("NaN", 1, 1, .notANumber),
        ("[-NaN]", 1, 3, .notANumber), ("Infinity", 1, 1, .notANumber), ("{\"a\":-Infinity}", 1, 7, .notANumber),
        ("Nan", 1, 1, .unexpectedByte(0x4E)), ("1.2.3", 1, 4, .trailingBytes), ("--1", 1, 2, .unexpectedByte(0x2D)),
    ]

    static let strings: [(String, line: Int, column: Int, JSONError.Reason)] = [
        ("\"", 1, 2, .unexpectedEnd), ("\"abc", 1, 5, .unexpectedEnd), ("\"\\", 1, 3, .unexpectedEnd), ("\"\\\"", 1, 4, .unexpectedEnd),
        ("\"a\\x\"", 1, 3, .invalidEscape), ("\"\\U0041\"", 1, 2, .invalidEscape), ("\"\\'\"", 1, 2, .invalidEscape),
        ("\"\\u12", 1, 6, .unexpectedEnd),
        ("\"\\u12G4\"", 1, 2, .invalidEscape), ("\"\\u 123\"", 1, 2, .invalidEscape), ("\"\\u+123\"", 1, 2, .invalidEscape),
        ("\"\\ud800\"", 1, 2, .loneSurrogate), ("\"a\\uDFFF\"", 1, 3, .loneSurrogate), ("\"\\ud800\\ud800\"", 1, 2, .loneSurrogate),
        ("\"\\ud800\\n\"", 1, 2, .loneSurrogate), ("\"\\ud800\\u0041\"", 1, 2, .loneSurrogate), ("\"\\ud800x\"", 1, 2, .loneSurrogate),
        ("\"\\udc00\\ud800\"", 1, 2, .loneSurrogate), ("\"\\ud800\\u00", 1, 12, .unexpectedEnd),
        ("\"a\nb\"", 1, 3, .controlCharacter(0x0A)),
        ("\n\"a\tb\"", 2, 3, .controlCharacter(0x09)), ("\"\u{0}\"", 1, 2, .controlCharacter(0)),
        ("\"\u{1F}\"", 1, 2, .controlCharacter(0x1F)),
        ("\"é\u{1}\"", 1, 4, .controlCharacter(1)),
    ]

    static let duplicates: [(String, line: Int, column: Int, JSONError.Reason)] = [
        ("{\"a\":1,\"a\":1}", 1, 8, .duplicateKey([0x61])), ("{\"a\":1,\"\\u0061\":2}", 1, 8, .duplicateKey([0x61])),
        ("{\"\\u0061\":1,\n\"a\":2}", 2, 1, .duplicateKey([0x61])), ("{\"\":1,\"\":2}", 1, 7, .duplicateKey([])),
        ("[{\"b\":{\"x\":1,\"y\":2,\"x\":3}}]", 1, 20, .duplicateKey([0x78])),
        ("{\"b\":1,\"a\":2,\"b\":3,\"a\":4}", 1, 14, .duplicateKey([0x62])),
        ("{\"\\n\":1,\"\\u000a\":2}", 1, 9, .duplicateKey([0x0A])),
        ("{\"😀\":1,\"\\ud83d\\ude00\":2}", 1, 11, .duplicateKey(Array("😀".utf8))),
    ]

    @Test(arguments: [syntax, numbers, strings, duplicates].joined())
    func `bytes that are not JSON are refused where they stop being it`(text: String, line: Int, column: Int, reason: JSONError.Reason)
        throws
    {
        try expectRefusal(Array(text.utf8), line: line, column: column, reason)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func `ill-formed UTF-8 is refused where it starts`(sequence: [UInt8]) throws {
        try expectRefusal(Array("[1,\n\"ab".utf8) + sequence + Array("\"]".utf8), line: 2, column: 4, .invalidUTF8)
        try expectRefusal(Array("\"".utf8) + sequence, line: 1, column: 2, .invalidUTF8)
        try expectRefusal(Array("{\"".utf8) + sequence + Array("\":1}".utf8), line: 1, column: 3, .invalidUTF8)
    }

    @Test func `every well-formed scalar is taken, next to each border of the encoding`() throws {
        for border: UInt32 in [
            0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x10FFFF,
        ] {
            let text = try "\"\(#require(Unicode.Scalar(border)))\""
            #expect(try FieldValue(json: text.utf8).canonical == Array(text.utf8))
        }
    }

    @Test func `every prefix of a value that needs its last byte is refused at its end`() {
        let text = Array("{\"a\":[1.5e3,true,null,\"é\\n\\ud83d\\ude00\"],\"b\":{}}".utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try FieldValue(json: text[..<length]) }
        }
        #expect(throws: Never.self) { try FieldValue(json: text) }
    }

    @Test func `the line is counted from the one given`() throws {
        #expect(throws: JSONError(line: 70_001, column: 1, offset: 3, reason: .unexpectedByte(0x78))) {
            try FieldValue(json: "[1\nx".utf8, line: 70_000)
        }
    }

    private func expectRefusal(_ bytes: [UInt8], line: Int, column: Int, _ reason: JSONError.Reason) throws {
        let error = #expect(throws: JSONError.self) { try FieldValue(json: bytes) }
        #expect(error?.line == line && error?.column == column && error?.reason == reason, "\(String(describing: error))")
        let before = bytes.prefix(error?.offset ?? 0)
        #expect(before.count { $0 == 0x0A } == line - 1)
        #expect(before.count - (before.lastIndex(of: 0x0A) ?? -1) == column)
    }
}
