internal import EventCore
internal import LogStore

/// What a full replay did.
package struct ReplayResult: Hashable, Sendable {
    package let events: UInt64
    package let records: Int
    /// Bytes of the log's segments.
    package let logBytes: Int
    /// Bytes of memory that records, values and index use afterwards.
    package let memoryBytes: Int
}

extension Replica {
    /// Folds a whole log into a fresh table, as opening does without a checkpoint: for measuring.
    ///
    /// - Parameter threads: 1 or 2.
    /// - Throws: what opening throws.
    package static func replay(in folder: String, on volume: Storage, threads: Int = 1) throws(ReplicaError) -> ReplayResult {
        try replay(try reading(in: folder, on: volume), threads: threads)
    }

    /// - Parameter folded: called now and then: how many events have been folded.
    static func replay(
        _ log: EventLog<Storage>, threads: Int, _ folded: (_ events: UInt64) -> Void = { _ in }
    ) throws(ReplicaError) -> ReplayResult {
        var table = RecordTable(expectedEvents: log.end.index)
        var waiting = WaitingEvents()
        try fold(log, from: Position(0), into: &table, &waiting, threads: threads) { folded(UInt64($0.eventCount)) }
        return ReplayResult(
            events: UInt64(table.eventCount), records: Int(table.recordCount), logBytes: log.sizeBytes, memoryBytes: table.memoryBytes)
    }

    /// The log of a store, for reading it without the store.
    static func reading(in folder: String, on volume: Storage) throws(ReplicaError) -> EventLog<Storage> {
        do throws(LogError) { return try EventLog.open(in: folder, on: volume, access: .reading) } catch { throw .log(error) }
    }
}
