internal import EventCore
internal import LogStore

/// A checkpoint instead of the log's beginning: it is checked as it is read, and when it turns out to be damaged, at whatever moment, the log is folded instead.
extension Replica {
    /// The state that a checkpoint holds, ready for the fold of the log's events behind it; nil, with nothing waiting, when it cannot be used.
    static func table(
        adopting image: CheckpointImage<Storage>, toFold log: EventLog<Storage>, _ waiting: inout WaitingEvents
    ) throws(ReplicaError) -> RecordTable? {
        guard var table = RecordTable(adopting: image), UInt64(table.eventCount) == image.end.position.index,
            image.sizesBytes.count == table.adoptedSectionCount + 1, let section = image.bytes(of: table.adoptedSectionCount),
            let kept = try? section.withUnsafeBytes({ try self.waiting(fromSection: $0) })
        else { return nil }
        let keys = try keys(ofTail: log, from: image.end.position)
        guard (try? table.prepare(toFold: keys)) != nil else { return nil }
        waiting = kept
        return table
    }

    /// The records that the log's events from `position` on change; of many events only so many that everything is checked for them.
    private static func keys(ofTail log: EventLog<Storage>, from position: Position) throws(ReplicaError) -> [RecordKey] {
        guard log.end > position else { return [] }
        var keys: [RecordKey] = []
        let cursor = try blocks(of: log, from: position)
        while keys.count <= RecordTable.preparedRowLimit, let block = try next(cursor) {
            keys += try naming(block.first) { () throws(BlockError) in try self.keys(block.header, block.bytes) }
        }
        return keys
    }

    /// The same before the events of blocks are committed and folded.
    func prepare(toFold blocks: [LogBlock]) throws(ReplicaError) {
        guard !table.isChecked || table.isOrdered else { return }
        var keys: [RecordKey] = []
        for block in blocks {
            let result = block.bytes.withUnsafeBytes { bytes -> Result<[RecordKey], BlockError> in
                Result { () throws(BlockError) in try Self.keys(try BlockHeader(checking: bytes), bytes) }
            }
            keys += try Self.naming(end, result.get)
        }
        do throws(CheckpointDamage) { try table.prepare(toFold: keys) } catch { try setCheckpointAside() }
    }

    /// Reads from the table, and when that finds the checkpoint damaged, once more from the one that is folded from the log. What `body` returned before is void then,
    /// places above all.
    func reading<Value>(_ body: (borrowing RecordTable) throws(CheckpointDamage) -> Value) throws(ReplicaError) -> Value {
        do throws(CheckpointDamage) { return try body(table) } catch { try setCheckpointAside() }
        do throws(CheckpointDamage) { return try body(table) } catch { preconditionFailure("what was folded has no checkpoint") }
    }

    /// Where the record is now; nil when it has no event.
    func place(of key: RecordKey) throws(ReplicaError) -> RecordTable.Place? {
        try reading { (table) throws(CheckpointDamage) in try table.place(of: key) }
    }

    /// Checks all of the checkpoint that has not been looked at: before somebody walks over all records.
    func checkTable() throws(ReplicaError) {
        do throws(CheckpointDamage) { try table.checkAll() } catch { try setCheckpointAside() }
        noteOrder()
    }

    /// An order that is damaged is left out; the next checkpoint has it again.
    func noteOrder() {
        guard table.isOrderDamaged, !isOrderNoted else { return }
        (isOrderNoted, isCheckpointOrdered) = (true, false)
        if let end = checkpointEnd { ignoredCheckpoints.append((log.checkpointPath(at: end), .unusable)) }
    }

    /// Calls `body` with the keys of places until it returns false, looking at each record only then.
    ///
    /// - Returns: false when the checkpoint turned out to be damaged on the way, and was set aside: what comes behind the last key has to be found in another way.
    func follow(_ places: OrderedPlaces, _ body: (RecordKey) throws -> Bool) throws -> Bool {
        var places = places
        let before = setAsideCount
        while true {
            let place: RecordTable.Place?
            do throws(CheckpointDamage) { place = try places.next(in: table) } catch {
                try setCheckpointAside()
                return false
            }
            guard let place, try body(table.key(at: place)) else { return true }
            if setAsideCount != before { return false }
        }
    }

    /// How many events whoever opens the store has to fold.
    package var eventsBehindCheckpoint: UInt64 { end.index - (checkpointEnd?.position.index ?? 0) }

    /// Folds the log from its beginning.
    private func setCheckpointAside() throws(ReplicaError) {
        setAsideCount += 1
        if let end = checkpointEnd { ignoredCheckpoints.append((log.checkpointPath(at: end), .unusable)) }
        checkpointEnd = nil
        var folded = RecordTable(expectedEvents: log.end.index)
        var kept = WaitingEvents()
        try Self.fold(log, from: Position(0), into: &folded, &kept, threads: Self.threads(for: log.end.index))
        kept.drop(coveredBy: folded.versionVector)
        precondition(folded.eventCount == table.eventCount)
        table = folded
        waiting = kept
    }

    /// Seals the log's active segment, with its small commits packed into full blocks, and writes a checkpoint of the state there.
    ///
    /// Does nothing when there is a checkpoint at the end of the log already.
    ///
    /// - Parameter progress: told now and then how many bytes of how many are written.
    package func checkpoint(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ReplicaError) {
        do throws(LogError) { try seal() } catch { throw .log(error) }
        guard let end = log.sealedEnd else { return }
        try checkTable()
        if checkpointEnd == end && isCheckpointOrdered && log.readCheckpoint().image?.end == end { return }
        let count = try countToGoOnWith(to: end)
        let blocks = waiting.blocks.reduce(into: [UInt8]()) { $0 += $1.bytes }
        let result = table.withSections { own in
            blocks.withUnsafeBytes { waiting in
                Result { () throws(LogError) in try log.writeCheckpoint(own + [waiting], progress: progress) }
            }
        }
        do throws(LogError) { try result.get() } catch { throw .log(error) }
        (checkpointEnd, isCheckpointOrdered) = (end, true)
        if let count { save(count) }
        goOnWithStates()
        goOnWithDecisions()
        // For one record they would be made in more time than they save.
        try? saveTimes()
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

    /// The records that a block's events change, in their order; none for one of waiting events.
    static func keys(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [RecordKey] {
        guard header.kind == .events else { return [] }
        var keys: [RecordKey] = []
        var reader = try BlockReader(header, block)
        while let row = try reader.next() { keys.append(row.key) }
        return keys
    }
}
