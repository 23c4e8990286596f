import EventCore
import ReplicaEngine
import SyncCore
import Testing

/// The body of a push as JSON: what was written comes back, and what is none says where.
struct JSONExchangeBodyTests {
    private static let device = DeviceID(high: 8, low: 0)

    private static func parts(_ text: String, limit: Int = 10) throws -> (events: [Event], chains: JSONValue?)? {
        try JSONExchangeBody.parts(of: Array(text.utf8), limit: limit)
    }

    private static func error(_ text: String) -> JSONError? {
        do throws(JSONError) { _ = try JSONExchangeBody.parts(of: Array(text.utf8), limit: 10) } catch { return error }
        return nil
    }

    @Test func `events and chains come back`() throws {
        let events = try (1...3).map { try Event.plain(Self.device, $0) }
        let head = SignedHead(head: ChainHead(emptyChainOf: Self.device), signature: Array(repeating: 1, count: 64))
        let read = try #require(try JSONExchangeBody.parts(of: JSONExchangeBody.bytes(events: events, chains: [head]), limit: 3))
        #expect(read.events == events && read.chains?.items?.map { SignedHead(json: $0) } == [head])
        // Of more than is allowed one is read, which is enough to say so.
        #expect(try JSONExchangeBody.parts(of: JSONExchangeBody.bytes(events: events, chains: []), limit: 1)?.events.count == 2)
        let none = try #require(try Self.parts(#" { "events" : [ ] } "#))
        #expect(none.events.isEmpty && none.chains == nil)
    }

    @Test(arguments: ["{}", #"{"chains":[]}"#, #"{"events":[],"more":1}"#, #"{"events":[],"chains":[],"more":1}"#])
    func `members that are missing or unknown make it none`(text: String) throws {
        #expect(try Self.parts(text) == nil)
    }

    @Test func `what is wrong is named by its place`() throws {
        #expect(Self.error("[]")?.offset == 0)
        #expect(Self.error(#"{"events":{}}"#)?.offset == 10)
        #expect(Self.error(#"{"events":[] "#)?.offset == 13)
        let twice = try #require(Self.error(#"{"events":[],"events":[]}"#))
        #expect(twice.reason == .duplicateKey(Array("events".utf8)) && twice.offset == 13)
        let event = String(decoding: try Event.plain(Self.device, 1).canonicalJSON, as: UTF8.self)
        let broken = try #require(Self.error("{\"events\":[\n\(event),\n{\"what\":1}]}"))
        #expect(broken.line == 3 && broken.column >= 1)
    }
}
