internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// A place in the log where a device goes on to read: the reader, and events that it has read already.
struct PullReader {
    private var reader: EventReader
    private var ahead: ArraySlice<LoggedEvent> = []

    /// Beyond so many records it is not kept, for the memory of their clocks.
    private static let keptRecords = 200_000
    private static let eventsAtOnce = 4096

    init(from position: Position) { reader = EventReader(from: position) }

    var position: Position { ahead.first?.position ?? reader.position }
    var isWorthKeeping: Bool { reader.recordCount <= Self.keptRecords }

    /// The next events, at most `limit`, and no more once they have `LogLimits.pageBytes`.
    mutating func take<Storage: Volume>(_ limit: Int, of store: Replica<Storage>) throws(ReplicaError) -> [LoggedEvent] {
        var taken: [LoggedEvent] = []
        var byteCount = 0
        while taken.count < limit && byteCount < LogLimits.pageBytes {
            if ahead.isEmpty { ahead = try reader.next(min(limit, Self.eventsAtOnce), of: store)[...] }
            guard let next = ahead.popFirst() else { break }
            byteCount += next.event.canonicalJSON.count
            taken.append(next)
        }
        return taken
    }
}
