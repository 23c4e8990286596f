package import EventCore
package import SyncCore

/// The body `application/json` of a push: an object with `events`, a list, and perhaps `chains`.
package enum JSONExchangeBody {
    package static func bytes(events: some Sequence<Event>, chains: [SignedHead]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("events")
        writer.beginArray()
        for event in events { event.write(to: &writer) }
        writer.endArray()
        writer.chains(chains.map { ($0.head, $0.signature) })
        writer.endObject()
        return writer.bytes
    }

    /// What a body says; nil when members are missing or unknown. At most `limit` events and one beyond are read.
    package static func parts(of body: [UInt8], limit: Int) throws(JSONError) -> (events: [Event], chains: JSONValue?)? {
        try body.withUnsafeBufferPointer { bytes -> Result<(events: [Event], chains: JSONValue?)?, JSONError> in
            do throws(JSONError) { return .success(try parts(of: JSONPieces(bytes), limit)) } catch { return .failure(error) }
        }.get()
    }

    private static func parts(of pieces: JSONPieces, _ limit: Int) throws(JSONError) -> (events: [Event], chains: JSONValue?)? {
        let members = try pieces.members()
        func member(_ name: String) -> JSONPieces.Member? { members.first { $0.key.elementsEqual(name.utf8) } }
        guard let list = member("events"), members.count == (member("chains") == nil ? 1 : 2) else { return nil }
        var parser = EventParser()
        var events: [Event] = []
        // One too many is enough to say so.
        for item in try pieces.items(in: list.value).prefix(limit + 1) { events.append(try pieces.event(in: item, &parser)) }
        return (events, try member("chains").map { (chains) throws(JSONError) in try pieces.value(in: chains.value) })
    }
}
