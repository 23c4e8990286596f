internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The session's orders to push, pull and take in.
extension Watching {
    func push(_ order: PushOrder) throws(SyncError) -> PushResult {
        let store = try opened(machine.reading)
        var (batch, byteCount) = ([Event](), 0)
        var scannedTo = order.from
        var reader = EventReader(from: order.from)
        scan: while order.limitEvents > 0 {
            let events = try reading { () throws(ReplicaError) in try reader.next(256, of: store) }
            if events.isEmpty { break }
            for logged in events {
                if batch.count >= order.limitEvents || byteCount >= order.limitBytes { break scan }
                scannedTo = Position(logged.position.index + 1)
                guard !order.lacking.covers(logged.event.dot) else { continue }
                batch.append(logged.event)
                byteCount += logged.event.canonicalJSON.count
            }
        }
        let seq = min(order.lacking[device], store.versionVector[device])
        let before = try OwnChain.head(of: store, upTo: seq, from: progress.chain)
        var after = before
        for event in batch where event.dot.device == device && event.dot.seq == after.dot.seq + 1 {
            after = OwnChain.next(after, event)
        }
        let object = try client.push(batch, before: before, after: after)
        guard let answer = PushAnswer(json: object) else { throw .strangeAnswer(hub: client.hub, what: "a push without verdicts") }
        progress.chain = after
        progress.ackedThrough = answer.ackedThrough
        return PushResult(answer: answer, events: Self.runs(batch), scannedTo: scannedTo)
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
        var taken = TakenIn(log: LocalLog(end: store.end, ownSeq: 0))
        let known = store.versionVector
        var offered = events.filter { !known.covers($0.dot) }
        var conflicts = 0
        do throws(ReplicaError) {
            while !offered.isEmpty {
                do throws(ReplicaError) {
                    _ = try store.ingest(offered)
                    break
                } catch {
                    switch error {
                    case .fork(let dot):
                        taken.forked.append(dot.device)
                        offered.removeAll { $0.dot.device == dot.device && $0.dot.seq >= dot.seq }
                    case .refused(let dot, _):
                        taken.refused.append(dot)
                        offered.removeAll { $0.dot == dot }
                    default: throw error
                    }
                }
            }
            if offered.contains(where: { store.names[$0.dot.device] == nil }) { hearNames(store) }
            conflicts = try store.openConflictCount()
            taken.log = LocalLog(end: store.end, ownSeq: store.versionVector[device])
            try store.close()
        } catch { throw .store(error) }
        return (taken, offered.count, conflicts)
    }

    /// Takes over what the workspace calls its devices. Names are for people: nothing fails for want of them.
    func hearNames(_ store: Replica<POSIXVolume>) {
        if let names = try? client.names() { try? store.hear(names: names) }
    }

    private func opened(_ open: () throws(ReplicaError) -> Replica<POSIXVolume>) throws(SyncError) -> Replica<POSIXVolume> {
        do throws(ReplicaError) { return try open() } catch { throw .store(error) }
    }

    private func reading<Value>(_ body: () throws(ReplicaError) -> Value) throws(SyncError) -> Value {
        do throws(ReplicaError) { return try body() } catch { throw .store(error) }
    }

    /// Events that follow each other as runs, in order.
    private static func runs(_ events: [Event]) -> [DeviceRun] {
        var runs: [DeviceRun] = []
        for dot in events.map(\.dot) {
            if let last = runs.last, last.device == dot.device, last.seqs.upperBound + 1 == dot.seq {
                runs[runs.count - 1] = DeviceRun(device: dot.device, seqs: last.seqs.lowerBound...dot.seq)
            } else {
                runs.append(DeviceRun(device: dot.device, seqs: dot.seq...dot.seq))
            }
        }
        return runs
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
