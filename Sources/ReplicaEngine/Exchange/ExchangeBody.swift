package import EventCore

/// The body `application/vnd.syncline.events`: what JSON has beside the events, then the events as blocks.
///
///     0  u32 length    bytes of the JSON object, little-endian
///     4  JSON          an object
///        blocks        `EventBlocks`
package enum ExchangeBody {
    package static let mediaType = "application/vnd.syncline.events"

    package static func bytes(object: [UInt8], events: some Sequence<Event>) -> [UInt8] {
        let length = UInt32(object.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + object + EventBlocks.bytes(of: events)
    }

    /// What a body says; nil when it is none. At most `limit` events and one block beyond are read.
    package static func parts(of bytes: [UInt8], limit: Int) -> (object: JSONValue, events: [Event])? {
        guard bytes.count >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        guard bytes.count >= 4 + length, let object = try? JSONValue(json: bytes[4..<(4 + length)]), object.members != nil,
            let events = try? EventBlocks.events(in: bytes[(4 + length)...], limit: limit)
        else { return nil }
        return (object, events)
    }
}
