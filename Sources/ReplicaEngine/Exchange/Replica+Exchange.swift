package import EventCore
package import LogStore

/// What an exchange with another store asks the log.
extension Replica {
    /// The identity in all files of the log.
    package var logID: StoreID { log.storeID }

    /// Calls `body` with the dots of the log's events from `position` on, oldest first, up to `limit` where there is one.
    package func dots(
        from position: Position, upTo limit: Position? = nil, _ body: (Position, Dot) -> Void
    ) throws(ReplicaError) {
        var next = position
        let limit = limit ?? end
        while next < limit, let block = try storedBlock(containing: next) {
            let first = block.first
            try block.withTypedBytes { (bytes) throws(ReplicaError) in
                do throws(BlockError) {
                    var reader = try BlockReader(block.header, bytes)
                    var at = first
                    while let dot = try reader.skip() {
                        if at >= next && at < limit { body(at, dot) }
                        at = Position(at.index + 1)
                    }
                } catch { throw .malformedBlock(at: first) }
            }
            next = Position(first.index + UInt64(block.header.count))
        }
    }

    /// The dots of the critical events from `position` on, oldest first.
    package func criticalDots(from position: Position) throws(ReplicaError) -> [Dot] {
        var (dots, next) = ([Dot](), position)
        while let block = try storedBlock(containing: next) {
            let first = block.first
            dots += try block.withTypedBytes { (bytes) throws(ReplicaError) in
                try Self.reading(block.header, first, bytes) { (reader) throws(BlockError) -> [Dot] in
                    var (found, at) = ([Dot](), first)
                    while let row = try reader.next() {
                        if row.isCritical && at >= next { found.append(row.dot) }
                        at = Position(at.index + 1)
                    }
                    return found
                }
            }
            next = Position(first.index + UInt64(block.header.count))
        }
        return dots
    }

    /// Where the log ends now.
    package var committedEnd: CommittedEnd { log.committedEnd }

    /// Whether the log ended there once, and has only been appended to since.
    package func contains(_ end: CommittedEnd) throws(ReplicaError) -> Bool {
        do throws(LogError) { return try log.contains(end) } catch { throw .log(error) }
    }

    /// Where the event `dot` stands; nil when it is not in the log, or waits. Costs one block.
    package func position(of dot: Dot) throws(ReplicaError) -> Position? { try row(of: dot)?.position }

    /// Where the first event stands that `vector` does not cover; nil when it covers all.
    package func firstPosition(beyond vector: VersionVector) throws(ReplicaError) -> Position? {
        var first: Position?
        for entry in versionVector.entries where vector[entry.device] < entry.seq {
            // Events of a device stand in the order of their seqs, so its next one is its first.
            guard let position = try position(of: Dot(device: entry.device, seq: vector[entry.device] + 1)) else { continue }
            first = min(first ?? position, position)
        }
        return first
    }

    /// The first position from this one on at which a block begins, or goes on, that has an event which `vector` does not cover; the end where none has. Reads no block.
    package func firstBlock(from position: Position, beyond vector: VersionVector) throws(ReplicaError) -> Position {
        do throws(LogError) { return try log.firstBlock(from: position, beyond: vector) } catch { throw .log(error) }
    }

    /// A device's critical events among `limit` of the log from a position on, oldest first.
    package func criticalEvents(of device: DeviceID, from position: Position, limit: Int) throws(ReplicaError) -> [Dot] {
        let search = BlockSearch(AuditFilter(of: device, criticalOnly: true))
        let end = Position(min(end.index, position.index + UInt64(limit)))
        var (next, dots) = (position, [Dot]())
        while next < end, let block = try storedBlock(containing: next) {
            let numbers = try search.numbers(in: block).filter { next.index <= block.first.index + UInt64($0) }
            let found = try block.withTypedBytes { (bytes) throws(ReplicaError) in
                try Self.rows(at: numbers, in: block.header, block.first, bytes)
            }
            dots += found.map(\.dot)
            next = Position(block.first.index + UInt64(block.header.count))
        }
        return dots
    }

    /// How many events `vector` does not cover.
    package func count(beyond vector: VersionVector) -> UInt64 {
        versionVector.entries.reduce(0) { $0 + ($1.seq > vector[$1.device] ? $1.seq - vector[$1.device] : 0) }
    }

    /// Whether the record is in conflict, whether policies decide it or not. Looks at no event.
    package func isInConflict(_ key: RecordKey) throws(ReplicaError) -> Bool {
        guard let place = try place(of: key), table.hasSiblings(at: place) else { return false }
        guard !table.isContested(at: place) else { return true }
        let policies = try policies(of: key.collection)
        guard !policies.isEmpty else { return false }
        return policies.isConflictOfWholeEdits(try recordWithoutTimes(at: place))
    }
}
