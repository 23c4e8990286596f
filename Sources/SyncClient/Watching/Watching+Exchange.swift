internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The session's orders to push, pull and take in.
extension Watching {
    func push(_ order: PushOrder) throws(SyncError) -> PushResult {
        let batch = try reading { (store) throws(ReplicaError) in try store.pushBatch(order, chain: known.value.chain) }
        let object = try client.push(batch.events, before: batch.before, after: batch.after)
        guard let answer = PushAnswer(json: object) else { throw .strangeAnswer(hub: client.hub, what: "a push without verdicts") }
        known.note { ($0.chain, $0.ackedThrough) = (batch.after, answer.ackedThrough) }
        return PushResult(answer: answer, events: batch.runs, scannedTo: batch.scannedTo)
    }

    func pull(_ cursor: [UInt8]?, _ limit: Int, asEvents: Bool) throws(SyncError) -> PulledPage {
        let cursor = cursor.map(Hexadecimal.text) ?? ""
        let seq = try reading { (store) in store.versionVector[store.device] }
        let known = VersionVector(seq > 0 ? [Dot(device: device, seq: seq)] : [])
        let contents =
            try asEvents
            ? client.pullEvents(cursor: cursor, known: known, limit: limit)
            : client.pullBlocks(cursor: cursor, known: known, limit: limit) {}
        let object = contents.object
        guard let next = object["cursor"]?.bytes, let head = object["head"]?.integer, let first = object["first"]?.integer else {
            throw .strangeAnswer(hub: client.hub, what: "a pull without a cursor")
        }
        page = contents
        // What the hub gives it has.
        let covers = contents.covers
        self.known.note { $0.ackedThrough.join(covers) }
        return PulledPage(
            cursor: next, position: Position(first + UInt64(contents.eventCount)), head: Position(head),
            eventCount: UInt64(contents.eventCount), covers: covers)
    }

    /// Takes in the page that was pulled last; `isFit` is false where it has to be pulled once more as events, with the blocks before the one that does not fit taken in.
    ///
    /// - Throws: `.store`.
    func takeInPage() throws(SyncError) -> (taken: TakenIn, arrival: Arrival?, isFit: Bool) {
        guard let contents = page else { preconditionFailure("a page was pulled before it is taken in") }
        page = nil
        switch contents {
        case .events(_, let events):
            let (taken, arrival) = try takeIn(events)
            return (taken, arrival, true)
        case .blocks(let body): return try takeIn(body)
        }
    }

    /// Takes blocks in as they lie.
    private func takeIn(_ body: BlocksBody) throws(SyncError) -> (taken: TakenIn, arrival: Arrival?, isFit: Bool) {
        let (taken, arrival, isFit) = try writing { (store) throws(ReplicaError) -> (taken: TakenIn, arrival: Arrival, isFit: Bool) in
            let (before, end, count) = (store.versionVector, store.end, try store.openConflictCount())
            let isFit = try store.takeIn(body, BlockIntake(store)) != nil
            let countNow = try store.openConflictCount()
            var arrival = Arrival(counts: [:], conflicts: [], conflictsMore: countNow - count, conflictsOpen: countNow)
            for entry in store.versionVector.entries where entry.seq > before[entry.device] {
                arrival.counts[entry.device] = Int(entry.seq - before[entry.device])
            }
            arrival.conflicts = try store.newConflicts(since: end, limit: Self.namedConflictLimit)
            return (TakenIn(log: store.localLog), arrival, isFit)
        }
        guard !arrival.counts.isEmpty else { return (taken, nil, isFit) }
        try hearNames()
        return (taken, arrival, isFit)
    }

    /// Makes events durable and folds them.
    ///
    /// - Returns: what became of them, and what was new; nil where nothing was.
    func takeIn(_ events: [Event]) throws(SyncError) -> (taken: TakenIn, arrival: Arrival?) {
        var hasStrangers = false
        let (taken, arrival) = try writing { (store) throws(ReplicaError) -> (TakenIn, Arrival) in
            let known = store.versionVector
            let new = events.filter { !known.covers($0.dot) }
            hasStrangers = new.contains { store.names[$0.dot.device] == nil }
            let (end, count) = (store.end, try store.openConflictCount())
            let taken = try store.takeIn(events).taken
            let countNow = try store.openConflictCount()
            let arrived = store.versionVector
            var arrival = Arrival(counts: [:], conflicts: [], conflictsMore: countNow - count, conflictsOpen: countNow)
            for event in new where arrived.covers(event.dot) {
                arrival.counts[event.dot.device, default: 0] += 1
                if event.isCritical { arrival.critical.append(event) }
            }
            arrival.conflicts = try store.newConflicts(since: end, limit: Self.namedConflictLimit)
            return (taken, arrival)
        }
        if hasStrangers { try hearNames() }
        return (taken, arrival.counts.isEmpty ? nil : arrival)
    }

    private static var namedConflictLimit: Int { 16 }

    /// Takes over what the workspace calls its devices, and what they have signed. Both are for people: nothing fails for want of them.
    func hearNames() throws(SyncError) {
        guard let (names, signatures) = try? client.introductions() else { return }
        let known = try reading { store in
            try? store.hear(names: names)
            return store.versionVector
        }
        try? folder.note(signatures, known: known, in: WorkspaceID(bytes: client.link.workspaceID))
    }

    /// Has `body` look at the store.
    ///
    /// - Throws: `.store`; `.otherIdentity` where the store is another device's by now.
    func reading<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(SyncError) -> Value {
        try own { () throws(ReplicaError) in
            try machine.store.reading { (store) throws(ReplicaError) in store.device == device ? try body(store) : nil }
        }
    }

    /// Has `body` write to the store; throws the same.
    func writing<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(SyncError) -> Value {
        try own { () throws(ReplicaError) in
            try machine.store.writing { (store) throws(ReplicaError) in store.device == device ? try body(store) : nil }
        }
    }

    private func own<Value>(_ body: () throws(ReplicaError) -> Value?) throws(SyncError) -> Value {
        let value: Value?
        do throws(ReplicaError) { value = try body() } catch { throw .store(error) }
        guard let value else { throw .otherIdentity(folder: machine.folder) }
        return value
    }
}

extension PushAnswer {
    /// nil for what is no answer to a push.
    init?(json object: JSONValue) {
        guard let verdicts = object["events"]?.items, let head = object["head"]?.integer else { return nil }
        self.init(runs: [], ackedThrough: VersionVector(hub: object["ackedThrough"]), head: Position(head))
        forked = object["forked"]?.items?.compactMap { $0.text.flatMap { DeviceID($0) } } ?? []
        for object in verdicts {
            guard let verdict = Verdict(json: object) else { return nil }
            runs.append(verdict)
        }
    }
}

extension Verdict {
    fileprivate init?(json object: JSONValue) {
        let position = object["position"]?.integer.map { Position($0) }
        switch (object["verdict"]?.text, position) {
        case ("accepted", let position?): self = .accepted(position)
        case ("concurrent", let position?): self = .concurrent(position)
        case ("duplicate", let position?): self = .duplicate(position)
        case ("parked", _): self = .parked
        case ("rejected", _):
            self = .rejected(object["problem"]?["code"]?.text.flatMap { ProblemCode(rawValue: $0) } ?? .eventMalformed)
        default: return nil
        }
    }
}
