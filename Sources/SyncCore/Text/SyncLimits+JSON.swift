package import EventCore

/// The limits as `/sync/status` and `registered` show them.
extension SyncLimits {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in members {
            writer.key(name.utf8)
            writer.integer(value)
        }
        writer.key("quotaBytes")
        if let quotaBytes { writer.integer(quotaBytes) } else { writer.null() }
        writer.key("redeliveryMs")
        writer.beginArray()
        for milliseconds in redeliveryMilliseconds { writer.integer(milliseconds) }
        writer.endArray()
        writer.endObject()
    }

    /// Of the object that `write` writes: those that are numbers, those that are numbers or null, and those that are lists of numbers.
    package static var numberNames: [String] { SyncLimits().members.map(\.0) }
    package static let perhapsNumberNames = ["quotaBytes"]
    package static let listNames = ["redeliveryMs"]

    /// A hub that says more, or 0, is taken at this or at 1: nothing that is reckoned with them overflows, and something always fits.
    private static let most: UInt64 = 1 << 40

    /// Those of the object that a device heeds, and the usual ones for what it does not say.
    package init(json object: JSONValue?) {
        self.init()
        func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
            object?[name]?.integer.map { min(max($0, 1), Self.most) } ?? otherwise
        }
        bodyBytes = Int(clamping: number("bodyBytes", UInt64(bodyBytes)))
        bodyMilliseconds = number("bodyMs", bodyMilliseconds)
        events = Int(clamping: number("events", UInt64(events)))
        messageBytes = Int(clamping: number("messageBytes", UInt64(messageBytes)))
        waitMilliseconds = number("waitMs", waitMilliseconds)
        tokenMilliseconds = number("tokenMs", tokenMilliseconds)
        heartbeatMilliseconds = number("heartbeatMs", heartbeatMilliseconds)
        leaseMilliseconds = number("leaseMs", leaseMilliseconds)
    }

    private var members: [(String, UInt64)] {
        [
            ("bodyBytes", UInt64(bodyBytes)), ("headMs", headMilliseconds), ("bodyMs", bodyMilliseconds), ("idleMs", idleMilliseconds),
            ("events", UInt64(events)), ("pageBytes", UInt64(pageBytes)), ("messageBytes", UInt64(messageBytes)),
            ("queuedBytes", UInt64(queuedBytes)), ("queuedMessages", UInt64(queuedMessages)), ("waitMs", waitMilliseconds),
            ("waitsPerDevice", UInt64(waitsPerDevice)), ("nonceMs", nonceMilliseconds), ("tokenMs", tokenMilliseconds),
            ("codeMs", codeMilliseconds), ("heartbeatMs", heartbeatMilliseconds), ("leaseMs", leaseMilliseconds),
            ("callsPerSecond", UInt64(callsPerSecond)), ("callsAtOnce", UInt64(callsAtOnce)),
            ("eventsPerSecond", UInt64(eventsPerSecond)), ("eventsAtOnce", UInt64(eventsAtOnce)),
            ("strangersPerSecond", UInt64(strangersPerSecond)), ("strangersAtOnce", UInt64(strangersAtOnce)),
        ]
    }
}
