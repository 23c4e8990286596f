import SynclineKit
import Testing

/// What values and names are to a program.
struct ValueTests {
    private static let alike: [(Value, Value)] = [
        (.integer(1), .number(1.0)), (.unsigned(7), .integer(7)), ("a", .string("a")), ([1, nil], .array([.integer(1), .null])),
        (["a": 1, "b": true], .object(["b": true, "a": .number(1)])),
    ]

    @Test(arguments: alike)
    func `values with one canonical form are equal`(left: Value, right: Value) {
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
    }

    @Test func `texts that Unicode calls equal are two`() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(Value.string(composed) != .string(decomposed))
        #expect(Name(composed) != Name(decomposed))
        #expect(Set([Name(composed), Name(decomposed)]).count == 2)
        #expect(Value.object([Name(composed): 1, Name(decomposed): 2]).json == #"{"e\#u{301}":2,"\#u{E9}":1}"#)
    }

    @Test(arguments: [
        "null", "true", "-9223372036854775808", "18446744073709551615", "0.5", "\"a\\nb\"", "[1,[2,{}]]", #"{"a":{"b":null}}"#,
    ])
    func `JSON comes back`(json: String) throws {
        #expect(try Value(json: json).json == json)
        #expect(try Value(json: " \(json)\n") == Value(json: json))
    }

    @Test(arguments: ["", "{\"a\":1,\"a\":2}", "[1,]", "1 2", "\"\\ud800\"", "99999999999999999999"])
    func `what is no JSON is refused with its place`(json: String) {
        let error = #expect(throws: SynclineError.self) { try Value(json: json) }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("line 1, column ") == true)
    }
}
