internal import EventCore
internal import Logging

/// Log lines as JSON objects, handed to whoever writes them. Nothing in them is secret: no tokens, codes, keys or values.
struct HubLogHandler: LogHandler {
    let clock: HubClock
    let write: @Sendable ([UInt8]) -> Void
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(clock: HubClock, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.clock = clock
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("time")
        writer.integer(clock.wall())
        writer.key("level")
        writer.string(event.level.rawValue)
        writer.key("message")
        writer.string("\(event.message)")
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            writer.key(key.utf8)
            writer.string("\(value)")
        }
        writer.endObject()
        writer.endLine()
        write(writer.bytes)
    }
}
