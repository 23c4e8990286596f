internal import EventCore
internal import LogStore

/// Closed contexts where a frontier does not say enough, and events whose dots are taken.
extension Ingestion {
    // MARK: - Closed contexts

    /// The first entry that names no event of the record, or one that had seen what the context leaves out; nil when it is closed.
    func unclosedEntry(of event: Event) throws(ReplicaError) -> Dot? {
        if contexts[event.key] == nil {
            let found = try knownContexts(of: event.key)
            if contextCount + found.count > limits.contexts { forgetContexts() }
            contexts[event.key] = found
            contextCount += found.count
        }
        guard let known = contexts[event.key] else { return nil }
        return event.context.entries.first { entry in
            guard let seen = known[entry] else { return true }
            return !seen.isCovered(by: event.context)
        }
    }

    /// Keeps the contexts complete that are in memory.
    func remember(_ event: Event) {
        guard !contexts.isEmpty, contexts[event.key] != nil else { return }
        contexts[event.key]?[event.dot] = event.context
        contextCount += 1
        if contextCount > limits.contexts { forgetContexts() }
    }

    private func forgetContexts() {
        contexts = [:]
        contextCount = 0
    }

    /// The contexts of the record's events in the log and of those that are admitted.
    private func knownContexts(of key: RecordKey) throws(ReplicaError) -> [Dot: VersionVector] {
        try closeBlock()
        var clock = VersionVector()
        var events = try replica.history(at: replica.positions(of: key), from: &clock)
        var positions: [Position] = []
        var next = records[key]?.last ?? TouchedRecord.none
        while next != TouchedRecord.none {
            positions.append(Position(start.index + UInt64(next)))
            next = previous[Int(next)]
        }
        events += try replica.history(at: positions, from: &clock) { (position) throws(ReplicaError) in try self.block(containing: position)
        }
        return Dictionary(uniqueKeysWithValues: events.map { ($0.event.dot, $0.event.context) })
    }

    private func block(containing position: Position) throws(ReplicaError) -> StoredBlock {
        let offset = Int(position.index - start.index)
        return try stored(blocks[blocks.partitionPoint { $0.end <= offset }])
    }

    private func stored(_ block: SpooledBlock) throws(ReplicaError) -> StoredBlock {
        let first = Position(start.index + UInt64(block.first))
        do throws(LogError) { return try StoredBlock(first: first, bytes: try spool.read(at: block.offset, count: block.byteCount)) } catch
        {
            throw .log(error)
        }
    }

    // MARK: - Twins

    /// Takes note of an event whose dot is taken by one that is applied or admitted.
    func addTwin(_ event: Event, _ lane: Int) throws(ReplicaError) {
        report.duplicates += 1
        twins.add(event, EventTwins.Key(lane: lane, seq: event.dot.seq))
        if twins.count >= limits.twins { try compareTwins() }
    }

    /// Compares the gathered twins with the events that have their dots: one by one, or in one pass over the log when there are many.
    func compareTwins() throws(ReplicaError) {
        guard !twins.isEmpty else { return }
        defer { twins.removeAll() }
        if let key = twins.settle() { return forked = forked ?? dot(key) }
        var (left, hasAdmitted) = (0, false)
        for key in twins.keys { if isLogged(key) { left += 1 } else { hasAdmitted = true } }
        if left <= Self.comparedOneByOne {
            for key in twins.keys where isLogged(key) {
                guard let event = try replica.event(dot(key))?.event else { continue }
                _ = compare(event)
            }
        } else {
            try replica.events(from: Position(0)) { (logged) throws(ReplicaError) in
                if compare(logged.event) { left -= 1 }
                return left > 0
            }
        }
        if hasAdmitted { try compareAdmitted() }
    }

    private static var comparedOneByOne: Int { 16 }

    private func compareAdmitted() throws(ReplicaError) {
        try closeBlock()
        var clocks: [RecordKey: VersionVector] = [:]
        for block in blocks {
            let block = try stored(block)
            try block.withTypedBytes { (bytes) throws(ReplicaError) in
                let events = try Replica<Storage>.events(in: block.header, block.first, bytes, &clocks, clockBefore: replica.clock(of:))
                for logged in events { _ = compare(logged.event) }
            }
        }
    }

    /// Whether the event's dot is one of the twins; one that differs is a fork.
    private func compare(_ event: Event) -> Bool {
        guard let agrees = twins.agrees(event, EventTwins.Key(lane: number(of: event.dot.device), seq: event.dot.seq)) else { return false }
        if !agrees { forked = forked ?? event.dot }
        return true
    }

    /// Whether the event of this dot is in the log, and not only admitted.
    private func isLogged(_ key: EventTwins.Key) -> Bool { replica.table.appliedSeq(of: lanes[key.lane].device) >= key.seq }

    private func dot(_ key: EventTwins.Key) -> Dot { Dot(device: lanes[key.lane].device, seq: key.seq) }

    /// What stays too early when all events have been offered, by device and seq; of two alike one.
    func settleEarly() throws(ReplicaError) -> [(lane: Int, entry: EarlyEvents.Entry)] {
        var rest: [(lane: Int, entry: EarlyEvents.Entry)] = []
        for lane in lanes.indices.sorted(by: { lanes[$0].device < lanes[$1].device }) {
            var last: EarlyEvents.Entry?
            for entry in lanes[lane].early.sorted where entry.isOffered {
                if let last, last.seq == entry.seq {
                    report.duplicates += 1
                    let event = try early(entry, lane)
                    if try early(last, lane) != event { forked = forked ?? event.dot }
                    continue
                }
                last = entry
                rest.append((lane, entry))
            }
        }
        report.waiting = rest.count
        return rest
    }
}
