internal import EventCore
internal import Glibc
internal import LogStore

/// How the records come from the log.
extension Replica {
    /// Folds the log's blocks from `position` on, which begins a segment or is 0, on one thread or two.
    ///
    /// - Parameters:
    ///   - end: a sealed end of the log to stop at; nil for its end.
    ///   - folded: called with the table now and then, all events of some blocks having been folded.
    static func fold(
        _ log: EventLog<Storage>, from position: Position, upTo end: SealedEnd? = nil, into table: inout RecordTable,
        _ waiting: inout WaitingEvents, threads: Int, _ folded: (borrowing RecordTable) -> Void = { _ in }
    ) throws(ReplicaError) {
        let cursor = try blocks(of: log, from: position, upTo: end)
        guard threads == 1 else {
            try ReplayCrew().fold(cursor, into: &table, &waiting, folded)
            return
        }
        while let block = try next(cursor) {
            do throws(BlockError) {
                switch block.header.kind {
                case .events: try table.fold(block.header, block.bytes)
                case .waiting: try waiting.add(block.header, block.bytes)
                }
            } catch { throw .malformedBlock(at: block.first) }
            folded(table)
        }
    }

    /// How many threads are worth it for so many events: a second one from some tens of milliseconds on.
    static func threads(for eventCount: UInt64) -> Int {
        eventCount >= 200_000 && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 2 : 1
    }

    /// A block that came packed from elsewhere, and is as full as packing would make it; nil for others.
    private static func fullBlock(_ block: BlockView) -> LogBlock? {
        guard block.header.encoding == .packed, block.header.payloadBytes >= BlockHeader.payloadGoalBytes / 2,
            let reader = try? BlockReader(block.header, block.bytes)
        else { return nil }
        return LogBlock(bytes: Array(block.bytes[..<block.header.blockBytes]), ranges: reader.authors)
    }

    /// Seals the log's active segment, with its small commits packed into full blocks.
    func seal() throws(LogError) {
        // Of the blocks that were read some begin where others begin afterwards.
        recentBlocks = RecentBlocks()
        let applied = table.versionVector
        try log.seal { (cursor, store) throws(LogError) in
            var packer = SealedBlockPacker()
            var waiting = WaitingEvents()
            while let block = try cursor.next() {
                if let full = Self.fullBlock(block) {
                    for before in packer.finish() { try store(before) }
                    try store(full)
                    continue
                }
                do throws(BlockError) {
                    switch block.header.kind {
                    case .waiting: try waiting.add(block.header, block.bytes)
                    case .events:
                        var reader = try BlockReader(block.header, block.bytes)
                        while let row = try reader.next() { packer.append(row) }
                    }
                } catch { throw .invalidBlock(error) }
                for full in packer.takeFull() { try store(full) }
            }
            for last in packer.finish() { try store(last) }
            waiting.drop(coveredBy: applied)
            for block in waiting.blocks { try store(block) }
        }
    }
}
