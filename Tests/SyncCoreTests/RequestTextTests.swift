import EventCore
import EventSamples
import SyncCore
import Testing

/// What calls carry as text: tokens, codes, bodies of those who enrol and sign in.
struct RequestTextTests {
    private func body(_ text: String) throws -> JSONBody { try JSONBody(Array(text.utf8)) }

    @Test func `a token names its workspace, whatever dots that has`() throws {
        let token = BearerToken(workspace: "a.b", secret: .sample(1))
        #expect(BearerToken(token.text) == token)
        for text in ["", "main", "main.xyz", "main.AB", "main.a"] { #expect(BearerToken(text) == nil, "\(text)") }
        #expect("\(token.secret)" == "(secret)")
    }

    @Test func `a code is what it is however it is typed`() {
        #expect(Secret(code: "ab-cD 2") == Secret(bytes: Array("ABCD2".utf8)))
        #expect(Secret(code: "ABCD2") != Secret(code: "ABCD3"))
    }

    private let enrolment = Enrolment(
        device: .sample(1), code: Secret(code: "ABCDE"), name: "pho“ne", publicKey: Array(repeating: 7, count: 32),
        chain: ChainHead(dot: Dot(device: .sample(1), seq: 4), hash: .zero), formerly: .sample(2))

    @Test func `an enrolment comes back from its text`() throws {
        #expect(try Enrolment(JSONBody(enrolment.json)) == enrolment)
        var plain = enrolment
        (plain.formerly, plain.chain) = (nil, ChainHead(emptyChainOf: .sample(1)))
        #expect(try Enrolment(JSONBody(plain.json)) == plain)
    }

    @Test(arguments: [
        ("code", "7"), ("name", "7"), ("name", #""""#), ("name", #""a\nb""#), ("device", #""no""#), ("device", "null"), ("formerly", "1"),
        ("formerly", #""no""#), ("key", #""0707""#), ("key", "1"), ("chain", "{}"), ("chain", #"{"seq":1,"hash":"00"}"#),
    ]) func `an enrolment that is none says what it wants`(key: String, value: String) throws {
        guard case .object(let members) = try JSONValue(json: enrolment.json) else { return }
        let changed = try members.map { $0.key.elementsEqual(key.utf8) ? .init(key: $0.key, value: try JSONValue(json: value.utf8)) : $0 }
        let error = #expect(throws: MalformedBody.self) { try Enrolment(JSONBody(JSONValue.object(changed).canonical.canonical)) }
        guard case .wants(let sentence) = error else { throw HubDriver.Unexpected(what: "\(String(describing: error))") }
        #expect(sentence.contains("“\(key)”"))
    }

    @Test func `a body is one JSON object`() throws {
        #expect(throws: MalformedBody.wants("the body wants a JSON object")) { try body("[]") }
        let error = #expect(throws: MalformedBody.self) { try body(#"{"a":}"#) }
        guard case .json(let place) = error else { throw HubDriver.Unexpected(what: "\(String(describing: error))") }
        #expect(place.offset == 5)
    }

    @Test func `who signs in says a nonce and a signature of their sizes`() throws {
        let (nonce, signature) = (String(repeating: "0a", count: 32), String(repeating: "0b", count: 64))
        let signIn = try SignIn(body(#"{"nonce":"\#(nonce)","signature":"\#(signature)"}"#))
        #expect(signIn.nonce.bytes == Array(repeating: 10, count: 32) && signIn.signature == Array(repeating: 11, count: 64))
        #expect(throws: MalformedBody.self) { try SignIn(body(#"{"nonce":"\#(nonce)","signature":"\#(nonce)"}"#)) }
        #expect(throws: MalformedBody.self) { try SignIn(body(#"{"nonce":"","signature":"\#(signature)"}"#)) }
    }

    @Test func `a chain's head comes back, with its signature or without`() throws {
        for signature in [nil, [UInt8](repeating: 3, count: 64)] {
            var writer = JSONWriter()
            writer.beginObject()
            writer.chains([(enrolment.chain, signature)])
            writer.endObject()
            let chains = try JSONValue(json: writer.bytes)["chains"]?.items ?? []
            #expect(chains.map { SignedHead(json: $0) } == [SignedHead(head: enrolment.chain, signature: signature)])
        }
        let none = [#"{}"#, #"{"device":"00000000-0000-0000-0000-000000000001","seq":1,"hash":"00"}"#]
        for text in none { #expect(SignedHead(json: try JSONValue(json: text.utf8)) == nil) }
        let zero = Hash256.zero.description
        let short = #"{"device":"00000000-0000-0000-0000-000000000001","seq":1,"hash":"\#(zero)","signature":"00"}"#
        #expect(SignedHead(json: try JSONValue(json: short.utf8)) == nil)
    }
}
