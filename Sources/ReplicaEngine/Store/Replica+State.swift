internal import EventCore
internal import Glibc
internal import LogStore

/// How the records come from the log and the checkpoint.
extension Replica {
    /// The state of a checkpoint; the empty one without a checkpoint, or with one of another layout.
    static func table(from image: CheckpointImage?, _ waiting: inout WaitingEvents, expectedEvents: UInt64) -> RecordTable {
        if let image, image.sections.count == RecordTable.sectionCount + 1,
            let table = RecordTable(sections: image.sections.dropLast().map { UnsafeRawBufferPointer($0) }),
            UInt64(table.eventCount) == image.end.position.index,
            let kept = try? self.waiting(fromSection: UnsafeRawBufferPointer(image.sections[RecordTable.sectionCount]))
        {
            waiting = kept
            return table
        }
        return RecordTable(expectedEvents: expectedEvents)
    }

    /// Folds the log's blocks from `position` on, which begins a segment or is 0, on one thread or two.
    static func fold(
        _ log: EventLog<Storage>, from position: Position, into table: inout RecordTable, _ waiting: inout WaitingEvents, threads: Int
    ) throws(ReplicaError) {
        let cursor: BlockCursor<Storage>
        do throws(LogError) { cursor = try log.blocks(from: position) } catch { throw .log(error) }
        guard threads == 1 else {
            try ReplayCrew().fold(cursor, into: &table, &waiting)
            return
        }
        while let block = try next(cursor) {
            do throws(BlockError) {
                switch block.header.kind {
                case .events: try table.fold(block.header, block.bytes)
                case .waiting: try waiting.add(block.header, block.bytes)
                }
            } catch { throw .malformedBlock(at: block.first) }
        }
    }

    /// How many threads are worth it for so many events: a second one from some tens of milliseconds on.
    static func threads(for eventCount: UInt64) -> Int {
        eventCount >= 200_000 && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 2 : 1
    }

    static func next(_ cursor: BlockCursor<Storage>) throws(ReplicaError) -> BlockView? {
        do throws(LogError) { return try cursor.next() } catch { throw .log(error) }
    }

    /// Seals the log's active segment, with its small commits packed into full blocks, and writes a checkpoint of the state there.
    ///
    /// Does nothing when there is a checkpoint at the end of the log already.
    package func checkpoint() throws(ReplicaError) {
        do throws(LogError) {
            try seal()
            guard log.sealedEnd != nil else { return }
            let sections = waiting.blocks.reduce(into: [UInt8]()) { $0 += $1.bytes }
            let result = table.withSections { own in
                sections.withUnsafeBytes { waiting -> Result<Void, LogError> in
                    do throws(LogError) { return .success(try log.writeCheckpoint(own + [waiting])) } catch { return .failure(error) }
                }
            }
            try result.get()
        } catch { throw .log(error) }
    }

    private static func waiting(fromSection section: UnsafeRawBufferPointer) throws(BlockError) -> WaitingEvents {
        var waiting = WaitingEvents()
        var rest = section
        while !rest.isEmpty {
            let header = try BlockHeader(checking: rest)
            try waiting.add(header, rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[header.blockBytes...])
        }
        return waiting
    }

    private func seal() throws(LogError) {
        let applied = table.versionVector
        try log.seal { (cursor, store) throws(LogError) in
            var packer = SealedBlockPacker()
            var waiting = WaitingEvents()
            while let block = try cursor.next() {
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
