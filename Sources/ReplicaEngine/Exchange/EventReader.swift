package import EventCore
package import LogStore

/// Reads a log's events in pieces, from a position on, with their whole contexts.
///
/// A value: it holds no file and stays good when the store is written to. It keeps the clock of each record that it has met; one that begins behind the
/// log's start asks the history of each record that it meets.
package struct EventReader {
    /// The event that comes next.
    package private(set) var position: Position
    private var clocks: [RecordKey: VersionVector] = [:]
    private var isFromStart: Bool

    package init(from position: Position) {
        self.position = position
        isFromStart = position == Position(0)
    }

    /// For how many records it keeps a clock.
    package var recordCount: Int { clocks.count }

    /// The next events, whole blocks of them: none at the end of the log, and about `limit` at most.
    package mutating func next<Storage: Volume>(
        _ limit: Int, of replica: Replica<Storage>
    ) throws(ReplicaError) -> [LoggedEvent] {
        var found: [LoggedEvent] = []
        while found.count < limit, let block = try replica.storedBlock(containing: position) {
            let first = block.first
            if first < position && !clocks.isEmpty {
                // It was packed anew since its first events were read: the clocks that are known are behind what its contexts begin with.
                (clocks, isFromStart) = ([:], false)
            }
            let events = try block.withTypedBytes { (bytes) throws(ReplicaError) in
                try Replica<Storage>.events(in: block.header, first, bytes, &clocks) { (key) throws(ReplicaError) in
                    isFromStart ? VersionVector() : try replica.clock(of: key, before: first)
                }
            }
            found += events.drop { $0.position < position }
            position = Position(first.index + UInt64(block.header.count))
        }
        return found
    }
}

extension Replica {
    /// The block that holds an event; nil behind the log's end.
    func storedBlock(containing position: Position) throws(ReplicaError) -> StoredBlock? {
        do throws(LogError) { return try log.block(containing: position) } catch { throw .log(error) }
    }

    /// The record's clock as it was before `position`.
    func clock(of key: RecordKey, before position: Position) throws(ReplicaError) -> VersionVector {
        let earlier = try positions(of: key).filter { $0 < position }
        var clock = VersionVector()
        _ = try history(at: earlier, from: &clock)
        return clock
    }
}
