import EventCore
import Testing

/// Each case changes one thing about an event that is well-formed; `^` in the text marks the place of the refusal.
@Suite struct EventRefusalTests {
    static let device = "00000000-0000-0000-0000-00000000000a"
    static let head = #""device":"\#(device)","seq":5,"time":9,"collection":"c","record":"r""#

    static let structure: [(String, JSONError.Reason)] = [
        ("^[1]", .unexpectedByte(0x5B)), ("^", .unexpectedEnd), ("^null", .unexpectedByte(0x6E)),
        ("^{}", .missingMember(.device)), (#"^{"device":"\#(device)"}"#, .missingMember(.seq)),
        (#"^{"device":"\#(device)","seq":1}"#, .missingMember(.time)),
        (#"^{"device":"\#(device)","seq":1,"time":1}"#, .missingMember(.collection)),
        (#"^{"device":"\#(device)","seq":1,"time":1,"collection":"c"}"#, .missingMember(.record)),
        ("^{\(head)}", .event(.emptyBody)), (#"^{\#(head),"set":{},"unset":[]}"#, .event(.emptyBody)),
        (#"^{\#(head),"delete":false}"#, .event(.emptyBody)),
        (#"^{\#(head),"delete":true,"set":{"f":1}}"#, .deleteWithWrites), (#"^{\#(head),"unset":["f"],"delete":true}"#, .deleteWithWrites),
        (#"{\#(head),"delete":true,^"fields":{}}"#, .unknownMember(Array("fields".utf8))),
        (#"{\#(head),^"Set":{}}"#, .unknownMember(Array("Set".utf8))),
        (#"{\#(head),^"\u0000set":{}}"#, .unknownMember(Array("\0set".utf8))),
        (#"{\#(head),^"":{}}"#, .unknownMember([])),
        (#"{\#(head),^"a name that is long":{}}"#, .unknownMember(Array("a name that is long".utf8))),
        (#"{\#(head),^"record":"r"}"#, .duplicateKey(Array("record".utf8))),
        (#"{\#(head),^"\u0073eq":5}"#, .duplicateKey(Array("seq".utf8))), (#"{\#(head),"delete":true}^x"#, .trailingBytes),
        (#"{\#(head),"delete":true,^}"#, .unexpectedByte(0x7D)),
    ]

    static let types: [(String, JSONError.Reason)] = [
        (#"{"device":^5}"#, .wrongType(.device, expected: .string)), (#"{"seq":^"5"}"#, .wrongType(.seq, expected: .number)),
        (#"{"time":^null}"#, .wrongType(.time, expected: .number)), (#"{"tick":^true}"#, .wrongType(.tick, expected: .number)),
        (#"{"kind":^0}"#, .wrongType(.kind, expected: .string)), (#"{"collection":^[]}"#, .wrongType(.collection, expected: .string)),
        (#"{"record":^{}}"#, .wrongType(.record, expected: .string)), (#"{"context":^[]}"#, .wrongType(.context, expected: .object)),
        (#"{"context":{"\#(device)":^"1"}}"#, .wrongType(.context, expected: .number)),
        (#"{"set":^[]}"#, .wrongType(.set, expected: .object)),
        (#"{"unset":^{}}"#, .wrongType(.unset, expected: .array)), (#"{"unset":["a", ^1]}"#, .wrongType(.unset, expected: .string)),
        (#"{"delete":^"true"}"#, .wrongType(.delete, expected: .boolean)), (#"{"undoes":^{}}"#, .wrongType(.undoes, expected: .string)),
        (#"{"epoch":^"1"}"#, .wrongType(.epoch, expected: .number)), (#"{"note":^null}"#, .wrongType(.note, expected: .string)),
        (#"{"critical":^1}"#, .wrongType(.critical, expected: .boolean)), (#"{"critical":^TRUE}"#, .unexpectedByte(0x54)),
        (#"{"time":^NaN}"#, .notANumber), (#"{"set":{^1:2}}"#, .unexpectedByte(0x31)), (#"{"set":{"f":^}}"#, .unexpectedByte(0x7D)),
    ]

    static let numbers: [(String, JSONError.Reason)] = [
        (#"{"seq":^0}"#, .memberOutOfRange(.seq)), (#"{"seq":^-1}"#, .memberOutOfRange(.seq)), (#"{"seq":^1.5}"#, .notAnInteger(.seq)),
        (#"{"seq":^1e-9}"#, .notAnInteger(.seq)), (#"{"seq":^1.5e30}"#, .memberOutOfRange(.seq)),
        (#"{"seq":^1e30}"#, .memberOutOfRange(.seq)),
        (#"{"seq":^9223372036854775808}"#, .memberOutOfRange(.seq)), (#"{"seq":^18446744073709551616}"#, .integerOutOfRange),
        (#"{"seq":^05}"#, .leadingZero), (#"{"seq":^1e999}"#, .numberOutOfRange), (#"{"time":^-5}"#, .memberOutOfRange(.time)),
        (#"{"time":^281474976710656}"#, .memberOutOfRange(.time)), (#"{"tick":^65536}"#, .memberOutOfRange(.tick)),
        (#"{"epoch":^0}"#, .memberOutOfRange(.epoch)), (#"{"epoch":^-0.0}"#, .memberOutOfRange(.epoch)),
        (#"{"context":{"\#(device)":^0}}"#, .memberOutOfRange(.context)),
    ]

    static let texts: [(String, JSONError.Reason)] = [
        (#"{"device":^"00000000-0000-0000-0000-00000000000A"}"#, .invalidDevice(.device)), (#"{"device":^""}"#, .invalidDevice(.device)),
        (#"{"device":^"000000000000000000000000000000000000"}"#, .invalidDevice(.device)),
        (#"{"context":{^"me":1}}"#, .invalidDevice(.context)), (#"{"undoes":^"\#(device)"}"#, .invalidDot(.undoes)),
        (#"{"undoes":^"\#(device):"}"#, .invalidDot(.undoes)), (#"{"undoes":^"\#(device):0"}"#, .invalidDot(.undoes)),
        (#"{"undoes":^"\#(device):01"}"#, .invalidDot(.undoes)), (#"{"undoes":^"\#(device):+1"}"#, .invalidDot(.undoes)),
        (#"{"undoes":^"\#(device):9223372036854775808"}"#, .invalidDot(.undoes)),
        (#"{"undoes":^"\#(device):10000000000000000000"}"#, .invalidDot(.undoes)), (#"{"undoes":^"\#(device).1"}"#, .invalidDot(.undoes)),
        (#"{"kind":^"Edit"}"#, .unknownKind(Array("Edit".utf8))), (#"{"collection":^""}"#, .member(.collection, .emptyName)),
        (#"{"record":^"\#(String(repeating: "é", count: 128))"}"#, .member(.record, .nameTooLong(bytes: 256))),
        (#"{"set":{^"":1}}"#, .member(.set, .emptyName)), (#"{"unset":["a",^""]}"#, .member(.unset, .emptyName)),
        (#"{"note":^"\#(String(repeating: "n", count: 1025))"}"#, .member(.note, .noteTooLong(bytes: 1025))),
        (#"{"note":"^\ud800"}"#, .loneSurrogate),
    ]

    static let rules: [(String, JSONError.Reason)] = [
        (#"{\#(head),"set":{"b":1,"a":2,^"b":3}}"#, .duplicateKey([0x62])),
        (#"{\#(head),"set":{"a":1,^"\u0061":2}}"#, .duplicateKey([0x61])),
        (#"{\#(head),"set":{"a":{"x":1,^"x":2}}}"#, .duplicateKey([0x78])),
        (#"{\#(head),"context":{"\#(device)":1,^"\#(device)":1}}"#, .duplicateKey(Array(device.utf8))),
        (#"{"unset":["a","b",^"a"]}"#, .member(.unset, .duplicateField(Name(unchecked: [0x61])))),
        (#"{\#(head),"unset":["z",^"\u0061"],"set":{"a":1}}"#, .member(.unset, .duplicateField(Name(unchecked: [0x61])))),
        (#"{\#(head),"delete":true,"context":^{"\#(device)":5}}"#, .member(.context, .contextCoversDot)),
        (#"{\#(head),"delete":true,"undoes":^"\#(device):1"}"#, .member(.undoes, .undoesWithoutUndo)),
        (#"{\#(head),"set":{"f":\#(String(repeating: "[", count: 64))^[1"#, .tooDeep),
    ]

    @Test(arguments: [structure, types, numbers, texts, rules].joined())
    func `an event that breaks a rule is refused where it breaks it`(marked: String, reason: JSONError.Reason) throws {
        let place = try #require(marked.utf8.firstIndex(of: UInt8(ascii: "^")))
        let offset = marked.utf8.distance(from: marked.startIndex, to: place)
        let line = marked.replacing("^", with: "")
        #expect(throws: JSONError(line: 70_000, column: offset + 1, offset: offset, reason: reason)) {
            try Event(json: line.utf8, line: 70_000)
        }
        let lower = "\n \(line)"
        #expect(throws: JSONError(line: 2, column: offset + 2, offset: offset + 2, reason: reason)) { try Event(json: lower.utf8) }
    }

    @Test func `integers may be spelled as doubles, devices and words with escapes`() throws {
        let line = #"""
            {"device":"\u00300000000-0000-0000-0000-00000000000a","\u0073eq":5.0,"time":9e0,"tick":100e-2,"epoch":9223372036854775807,"kind":"\u0075ndo",
             "undoes":"00000000-0000-0000-0000-00000000000a:\u0034","collection":"\u0063","record":"r","set":{"\u0066":1}}
            """#
        let event = try Event(json: line.utf8)
        #expect(event.dot.seq == 5 && event.time.milliseconds == 9 && event.time.tick == 1 && event.epoch == Limits.seq)
        #expect(event.undoes?.seq == 4 && event.key.collection.text == "c" && event.kind == .undo)
    }

    @Test(arguments: EventMember.allCases)
    func `every member is known by its word`(member: EventMember) {
        let error = #expect(throws: JSONError.self) { try Event(json: "{\"\(member.word)\":?}".utf8) }
        #expect(error?.reason == .unexpectedByte(UInt8(ascii: "?")))
    }
}
