package import EventCore
package import LogStore

/// What became of events that were offered to a store.
package struct IngestReport: Hashable, Sendable {
    /// Events that are new and applied, earlier ones included that had waited for them.
    package var applied = 0
    /// Events that were there already.
    package var duplicates = 0
    /// Offered events that wait for what they build on.
    package var waiting = 0
    /// Offered events that no honest store writes, and why; only where they are tolerated, and then nothing of them is kept.
    package var refused: [Dot: ReplicaError] = [:]

    package init() {}
}

/// Takes in events from elsewhere, one by one, in any order. Nothing is written before `finish`.
///
/// An event before which nothing is missing is checked, packed and put into the spool at once; one that is too early is put aside there until its time comes. So memory holds the frontiers of
/// the records concerned, 4 bytes an event, 16 more for one that is too early and 24 for one that is there already. The store must not be written to in between.
package final class Ingestion<Storage: Volume> {
    let replica: Replica<Storage>
    let limits: IngestionLimits
    /// Whether an event that is refused leaves the others be; else it ends the ingestion.
    private let isTolerant: Bool
    /// The end of the log when this began.
    let start: Position
    let spool: Spool<Storage>
    var report = IngestReport()

    var lanes: [DeviceLane] = []
    private var laneNumbers: [DeviceID: Int] = [:]
    /// Lanes whose next event waits for one of another device.
    private var lanesWaiting: [Dot: [Int]] = [:]

    var records: [RecordKey: TouchedRecord] = [:]
    /// For each admitted event the position of its record's event before it.
    var previous: [UInt32] = []
    private var packer = BlockPacker(kind: .events)
    var blocks: [SpooledBlock] = []
    /// Contexts of all events of some records; for those whose frontier did not say enough.
    var contexts: [RecordKey: [Dot: VersionVector]] = [:]
    var contextCount = 0

    var twins = EventTwins()
    var forked: Dot?
    private var refusal: ReplicaError?
    private var times: [HybridTime] = []

    init(into replica: Replica<Storage>, _ limits: IngestionLimits, isTolerant: Bool = false) throws(ReplicaError) {
        self.replica = replica
        self.limits = limits
        self.isTolerant = isTolerant
        start = replica.end
        spool = replica.log.spool(memoryBytes: limits.spoolBytes)
        for dot in replica.waiting.sorted.map(\.dot) { lanes[number(of: dot.device)].early.add(EarlyEvents.Entry(waiting: dot.seq)) }
        for lane in lanes.indices { try admitEarly(lane) }
    }

    /// How many events `finish` will apply.
    package var count: Int { previous.count }

    /// Offers an event. What is wrong with it, `finish` says.
    ///
    /// - Throws: `.log` when history cannot be read or the disk is full; nothing has been written, and the ingestion is over.
    package func add(_ event: Event) throws(ReplicaError) {
        let lane = number(of: event.dot.device)
        guard event.dot.seq > lanes[lane].applied else { return try addTwin(event, lane) }
        if let seq = lanes[lane].forkedSeq, event.dot.seq >= seq {
            report.refused[event.dot] = .fork(event.dot)
            return
        }
        if let waiting = replica.waiting.events[event.dot] {
            report.duplicates += 1
            if waiting != event { fork(event.dot, lane) }
            return
        }
        if times.count <= Replica<Storage>.unseenLimit { times.append(event.time) }
        guard event.dot.seq == lanes[lane].applied + 1 && !lanes[lane].isStuck else { return try putAside(event, lane) }
        switch try admit(event, lane) {
        case .admitted:
            guard !lanes[lane].early.isEmpty || !lanesWaiting.isEmpty else { return }
            try admitEarly(lane)
            for woken in lanesWaiting.removeValue(forKey: event.dot) ?? [] { try admitEarly(woken) }
        case .missing(let dot):
            // An earlier one of the same dot waits already.
            let isKnown = lanes[lane].early.first?.seq == event.dot.seq
            try putAside(event, lane)
            if !isKnown { lanesWaiting[dot, default: []].append(lane) }
        case .refused(let error):
            refuse(error, event.dot, lane)
            if !isTolerant { try putAside(event, lane) }
        }
    }

    /// Commits what was admitted, in batches, and keeps aside what is too early: each batch is all there or absent after an interruption, and repeating completes it.
    ///
    /// - Parameters:
    ///   - isDurable: whether what was written is durable, and the store tidy, when this returns; else its `sync` and `tidy` make it so.
    ///   - progress: told now and then how many of the events are written.
    /// - Throws: `.fork` or `.refused` with nothing written; `.log` when the disk refused.
    package func finish(isDurable: Bool = true, progress: ((Int) -> Void)? = nil) throws(ReplicaError) -> IngestReport {
        precondition(replica.end == start)
        try closeBlock()
        let rest = try settleEarly()
        try compareTwins()
        if let forked { throw .fork(forked) }
        if let refusal { throw refusal }
        report.applied = count
        replica.noteTimes(times)
        try commit(rest, isDurable: isDurable, progress)
        return report
    }

    // MARK: - Order

    /// The lane of a device.
    func number(of device: DeviceID) -> Int {
        if let lane = laneNumbers[device] { return lane }
        laneNumbers[device] = lanes.count
        lanes.append(DeviceLane(device: device, applied: replica.table.appliedSeq(of: device)))
        return lanes.count - 1
    }

    /// Admits a device's early events as far as nothing is missing before them, and those of others that waited for them.
    private func admitEarly(_ first: Int) throws(ReplicaError) {
        var ready = [first]
        while let lane = ready.popLast() {
            while let entry = lanes[lane].early.first, entry.seq <= lanes[lane].applied + 1, !lanes[lane].isStuck {
                let event = try early(entry, lane)
                guard entry.seq > lanes[lane].applied else {
                    lanes[lane].early.removeFirst()
                    try addTwin(event, lane)
                    continue
                }
                let verdict = try admit(event, lane)
                switch verdict {
                case .admitted:
                    lanes[lane].early.removeFirst()
                    ready += lanesWaiting.removeValue(forKey: event.dot) ?? []
                    continue
                case .missing(let dot): lanesWaiting[dot, default: []].append(lane)
                // One that waits already was taken in before it could be checked: it stays aside, and nobody is to blame now.
                case .refused(let error):
                    lanes[lane].isStuck = true
                    guard entry.isOffered else { break }
                    refuse(error, event.dot, lane)
                    if isTolerant { lanes[lane].early.removeFirst() }
                }
                break
            }
        }
    }

    private func refuse(_ error: ReplicaError, _ dot: Dot, _ lane: Int) {
        lanes[lane].isStuck = true
        if isTolerant { report.refused[dot] = error } else { refusal = refusal ?? error }
    }

    /// Another event has this name. What follows it in its device's chain is another history, too.
    private func fork(_ dot: Dot, _ lane: Int) {
        guard isTolerant else { return forked = forked ?? dot }
        lanes[lane].forkedSeq = dot.seq
        report.refused[dot] = .fork(dot)
    }

    /// Puts an event into the spool until what is missing has come.
    private func putAside(_ event: Event, _ lane: Int) throws(ReplicaError) {
        var builder = BlockBuilder(kind: .waiting)
        builder.append(event, context: .whole(event.context))
        let bytes = builder.finish()
        do throws(LogError) {
            let offset = try spool.append(bytes)
            lanes[lane].early.add(EarlyEvents.Entry(seq: event.dot.seq, offset: offset, byteCount: bytes.count))
        } catch { throw .log(error) }
    }

    /// The event that was put aside, or waits in the store.
    func early(_ entry: EarlyEvents.Entry, _ lane: Int) throws(ReplicaError) -> Event {
        let dot = Dot(device: lanes[lane].device, seq: entry.seq)
        guard entry.isOffered else {
            guard let event = replica.waiting.events[dot] else { preconditionFailure("what waits is there") }
            return event
        }
        let bytes: [UInt8]
        do throws(LogError) { bytes = try spool.read(at: entry.offset, count: entry.byteCount) } catch { throw .log(error) }
        var read = WaitingEvents()
        let result = bytes.withUnsafeBytes { block -> Result<Void, BlockError> in
            do throws(BlockError) { return .success(try read.add(try BlockHeader(checking: block), block)) } catch {
                return .failure(error)
            }
        }
        guard case .success = result, let event = read.events[dot] else { throw .malformedBlock(at: start) }
        return event
    }

    // MARK: - Admitting

    /// Admits the next event of its device, unless something is missing before it or wrong with it.
    private func admit(_ event: Event, _ lane: Int) throws(ReplicaError) -> IngestionVerdict {
        let index = try place(of: event.key)
        let (frontier, last) = (records.values[index].frontier, records.values[index].last)
        let isClock = frontier.isClock(event.context)
        if !isClock, let missing = event.context.entries.first(where: { lanes[number(of: $0.device)].applied < $0.seq }) {
            return .missing(missing)
        }
        guard event.dot.seq <= Limits.foldedSeq && start.index + UInt64(count) < replica.table.capacity.events else {
            return .refused(.refused(event.dot, .beyondLimits))
        }
        if !isClock, !event.context.isEmpty, !frontier.vouches(for: event.context), let entry = try unclosedEntry(of: event) {
            return .refused(.refused(event.dot, .unclosedContext(entry)))
        }
        packer.append(event, context: isClock ? frontier.clockForm : .whole(event.context))
        previous.append(last)
        records.values[index].last = UInt32(count - 1)
        records.values[index].frontier.add(event.dot, context: event.context, isClock: isClock)
        lanes[lane].applied = event.dot.seq
        remember(event)
        for block in packer.takeFull() { try store(block) }
        return .admitted
    }

    private func place(of key: RecordKey) throws(ReplicaError) -> Dictionary<RecordKey, TouchedRecord>.Index {
        if let index = records.index(forKey: key) { return index }
        var frontier = RecordFrontier()
        if let place = try replica.place(of: key) {
            frontier = RecordFrontier(
                clock: replica.table.clock(at: place), form: replica.table.clockForm(at: place), heads: replica.table.heads(at: place))
        }
        records[key] = TouchedRecord(frontier: frontier, last: TouchedRecord.none)
        guard let index = records.index(forKey: key) else { preconditionFailure("it was just put there") }
        return index
    }

    /// Closes the block that is being packed, so that all admitted events are in blocks.
    func closeBlock() throws(ReplicaError) {
        for block in packer.finish() { try store(block) }
    }

    private func store(_ block: LogBlock) throws(ReplicaError) {
        do throws(LogError) {
            let offset = try spool.append(block.bytes)
            let first = blocks.last?.end ?? 0
            blocks.append(SpooledBlock(offset: offset, byteCount: block.bytes.count, ranges: block.ranges, first: first, end: count))
        } catch { throw .log(error) }
    }
}
