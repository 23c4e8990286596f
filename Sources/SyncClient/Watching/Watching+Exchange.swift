internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The session's orders to push, pull and take in.
extension Watching {
    func push(_ order: PushOrder) throws(SyncError) -> PushResult {
        let store = try opened(machine.reading)
        let batch: PushBatch
        do throws(ReplicaError) { batch = try store.pushBatch(order, chain: progress.chain) } catch { throw .store(error) }
        let object = try client.push(batch.events, before: batch.before, after: batch.after)
        guard let answer = PushAnswer(json: object) else { throw .strangeAnswer(hub: client.hub, what: "a push without verdicts") }
        progress.chain = batch.after
        progress.ackedThrough = answer.ackedThrough
        return PushResult(answer: answer, events: batch.runs, scannedTo: batch.scannedTo)
    }

    func pull(_ cursor: [UInt8]?, _ limit: Int) throws(SyncError) -> PulledPage {
        let (object, events) = try client.pull(cursor: cursor.map(Hexadecimal.text) ?? "", limit: limit)
        guard let next = object["cursor"]?.bytes, let head = object["head"]?.integer, let first = object["first"]?.integer else {
            throw .strangeAnswer(hub: client.hub, what: "a pull without a cursor")
        }
        page = events
        return PulledPage(
            cursor: next, position: Position(first + UInt64(events.count)), head: Position(head), eventCount: UInt64(events.count),
            covers: VersionVector(events.map(\.dot)))
    }

    /// Makes events durable and folds them.
    ///
    /// - Returns: what became of them, how many were new, and how many records are in conflict now.
    func takeIn(_ events: [Event]) throws(SyncError) -> (taken: TakenIn, count: Int, conflicts: Int) {
        let store = try opened(machine.writing)
        do throws(ReplicaError) {
            let (taken, count) = try store.takeIn(events)
            if events.contains(where: { store.names[$0.dot.device] == nil }) { hearNames(store) }
            let conflicts = try store.openConflictCount()
            try store.close()
            return (taken, count, conflicts)
        } catch { throw .store(error) }
    }

    /// Takes over what the workspace calls its devices. Names are for people: nothing fails for want of them.
    func hearNames(_ store: Replica<POSIXVolume>) {
        if let names = try? client.names() { try? store.hear(names: names) }
    }

    private func opened(_ open: () throws(ReplicaError) -> Replica<POSIXVolume>) throws(SyncError) -> Replica<POSIXVolume> {
        do throws(ReplicaError) { return try open() } catch { throw .store(error) }
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
