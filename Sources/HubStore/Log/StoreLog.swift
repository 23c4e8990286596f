package import EventCore
package import LogStore
package import ReplicaEngine
package import SyncCore

/// A workspace's log on disk, as the hub core needs it: a store, with each device's chain and the digest of the order beside it.
///
/// What it admits is durable after `sync`.
package final class StoreLog<Storage: Volume>: HubLog {
    package typealias Batch = PushContents

    package let store: Replica<Storage>
    let intake: BlockIntake<Storage>
    var order = OrderDigest()
    var chains: [DeviceID: ChainMarks] = [:]
    var recent = RecentEvents()
    /// What ended it, where something did: for whoever runs the hub.
    package private(set) var failure: ReplicaError?
    package internal(set) var counters = WorkspaceCounters()
    /// Places where devices may go on to read, the one used last at the end.
    private var readers: [PullReader] = []
    private static var keptReaders: Int { 8 }

    let marksFile: MarksFile<Storage>
    var kept = KeptMarks()

    /// Reads what lies behind the kept marks: the whole log where there are none.
    ///
    /// - Parameter progress: told now and then how many events of how many have been read.
    init(_ store: Replica<Storage>, _ marksFile: MarksFile<Storage>, progress: (_ done: UInt64, _ total: UInt64) -> Void)
        throws(ReplicaError)
    {
        self.store = store
        self.marksFile = marksFile
        intake = BlockIntake(store)
        let start = try takeOverMarks()
        if start > Position(0) { try readEvents(from: start, progress) } else { try readAll(progress) }
    }

    private func readEvents(from start: Position, _ progress: (_ done: UInt64, _ total: UInt64) -> Void) throws(ReplicaError) {
        var reader = EventReader(from: start)
        while case let events = try reader.next(4096, of: store), !events.isEmpty {
            for logged in events { note(logged.event) }
            progress(reader.position.index, store.end.index)
        }
    }

    /// From the beginning events need not be made: their lines come from the columns of packed blocks.
    private func readAll(_ progress: (_ done: UInt64, _ total: UInt64) -> Void) throws(ReplicaError) {
        try store.eventLines { lines in
            lines.forEach { note($0, canonical: $1) }
            progress(order.count, store.end.index)
            return true
        }
    }

    /// Takes an event into account that the log has got.
    ///
    /// - Parameter link: the chain behind it, where that was reckoned already.
    func note(_ event: Event, _ link: ChainHead? = nil) {
        order.add(event.dot)
        let head = chains[event.dot.device]?.head ?? ChainHead(emptyChainOf: event.dot.device)
        follow(link ?? ChainMarks.next(head, event))
    }

    /// The same of its name and canonical form.
    private func note(_ dot: Dot, canonical: UnsafeRawBufferPointer) {
        order.add(dot)
        let head = chains[dot.device]?.head ?? ChainHead(emptyChainOf: dot.device)
        follow(head.followed(by: dot, canonical: canonical))
    }

    /// Takes a link of a device's chain into account.
    func follow(_ link: ChainHead) {
        let device = link.dot.device
        if kept.changed[device] == nil { kept.changed[device] = chains[device]?.head.dot.seq ?? 0 }
        chains[device, default: ChainMarks(device)].add(link)
    }

    /// Makes what was admitted durable.
    package func sync() throws(HubLogError) {
        keepMarks()
        try reading { () throws(ReplicaError) in try store.sync() }
    }

    /// Seals a segment that outgrew its limit, and checkpoints the state there. For a hub that has answered. That it cannot be done is no harm yet: what follows fails.
    package func tidy() { try? store.tidy(sealed: keepMarks) }

    /// Lets go of the log; what was admitted and not synced is not made durable by it.
    package func close() throws(ReplicaError) {
        tidy()
        keepMarks()
        try store.close()
    }

    package var id: LogID { LogID(high: store.logID.high, low: store.logID.low) }
    package var end: Position { store.end }
    package var applied: VersionVector { store.versionVector }
    package var byteCount: UInt64 { UInt64(store.logBytes) }
    package var heads: [ChainHead] { chains.values.map(\.head).sorted { $0.dot < $1.dot } }

    package func digest(at position: Position) throws(HubLogError) -> Hash256? {
        guard position <= end else { return nil }
        return try order.value(at: position.index) { (from, to) throws(HubLogError) in
            var dots: [Dot] = []
            try reading { () throws(ReplicaError) in try store.dots(from: from, upTo: to) { _, dot in dots.append(dot) } }
            return dots
        }
    }

    package func firstPosition(from position: Position, beyond known: VersionVector) throws(HubLogError) -> Position {
        try reading { () throws(ReplicaError) in try store.firstBlock(from: position, beyond: known) }
    }

    package func agreement(with head: ChainHead) throws(HubLogError) -> ChainAgreement {
        guard head.dot.seq > 0 else { return .same }
        guard let chain = chains[head.dot.device], head.dot.seq <= chain.head.dot.seq else { return .beyond }
        return try hash(at: head.dot) == head.hash ? .same : .other
    }

    /// The chain's hash at an event that is here.
    func hash(at dot: Dot) throws(HubLogError) -> Hash256 {
        guard let chain = chains[dot.device] else { return .zero }
        if chain.head.dot == dot { return chain.head.hash }
        let mark = chain.mark(before: dot.seq)
        return try reading { () throws(ReplicaError) in try store.chainHead(behind: mark, upTo: dot.seq).hash }
    }

    package func criticalEvents(from position: Position) throws(HubLogError) -> [CriticalEvent] {
        var found: [CriticalEvent] = []
        for dot in try reading({ () throws(ReplicaError) in try store.criticalDots(from: position) }) {
            guard let event = try reading({ () throws(ReplicaError) in try store.event(dot) }).flatMap(CriticalEvent.init) else { continue }
            found.append(event)
        }
        return found
    }

    // MARK: - Pages

    /// The events of a page, or as many of them as one answer carries.
    package func events(_ positions: Range<Position>) throws(HubLogError) -> [LoggedEvent] {
        let limit = Int(positions.upperBound.index - positions.lowerBound.index)
        if let events = recent.from(positions.lowerBound.index, limit: limit) { return events }
        var reader = PullReader(from: positions.lowerBound)
        if let index = readers.firstIndex(where: { $0.position == positions.lowerBound }) { reader = readers.remove(at: index) }
        let events = try reading { () throws(ReplicaError) in try reader.take(limit, of: store) }
        if reader.isWorthKeeping && !events.isEmpty {
            readers.append(reader)
            if readers.count > Self.keptReaders { readers.removeFirst() }
        }
        return events
    }

    package func event(_ dot: Dot) throws(HubLogError) -> Event? {
        try reading { () throws(ReplicaError) in try store.event(dot)?.event }
    }

    /// Whatever goes wrong with the disk is final.
    func reading<Value>(_ body: () throws(ReplicaError) -> Value) throws(HubLogError) -> Value {
        do throws(ReplicaError) { return try body() } catch { throw fail(error) }
    }

    func fail(_ error: ReplicaError) -> HubLogError {
        failure = error
        return .failed
    }
}

extension CriticalEvent {
    /// nil for an event that is not critical.
    init?(_ logged: LoggedEvent) {
        guard logged.event.isCritical else { return nil }
        self.init(position: logged.position, dot: logged.event.dot, byteCount: logged.event.canonicalJSON.count)
    }
}
