import EventCore
import SyncCore

/// A hub's log as `HubLog` describes it, in memory and as plainly as can be. A value: a copy is what the disk has.
struct ModelHubLog: HubLog {
    typealias Batch = [Event]

    var id: LogID
    private(set) var events: [Event] = []
    private(set) var parked: [Dot: Event] = [:]
    private(set) var problems: [Dot: ProblemCode] = [:]
    /// What `digest` says at each position.
    private var digests = [Hash256.zero]
    private var positions: [Dot: Position] = [:]
    private var chains: [DeviceID: [ChainHead]] = [:]
    /// Set: the next call fails, and all after it.
    var isBroken = false

    init(id: LogID) { self.id = id }

    var end: Position { Position(UInt64(events.count)) }
    var byteCount: UInt64 { (events + parked.values).reduce(0) { $0 + UInt64($1.canonicalJSON.count) } }
    var applied: VersionVector { VersionVector(chains.values.compactMap { $0.last?.dot }) }
    var heads: [ChainHead] { chains.values.compactMap(\.last).sorted { $0.dot < $1.dot } }

    func firstPosition(from position: Position, beyond known: VersionVector) throws(HubLogError) -> Position {
        guard !isBroken else { throw .failed }
        let first = events.indices.first { $0 >= Int(position.index) && !known.covers(events[$0].dot) }
        return first.map { Position(UInt64($0)) } ?? max(position, end)
    }

    func epochs(in batch: [Event]) -> [DeviceID: UInt64] {
        Dictionary(grouping: batch, by: \.dot.device).compactMapValues { $0.map(\.epoch).max() }
    }

    mutating func admit(_ batch: [Event], under rules: AdmissionRules) throws(HubLogError) -> Admission {
        guard !isBroken else { throw .failed }
        try checkGaps(batch)
        let refused = refusals(of: batch, rules)
        var (admission, before) = (Admission(), events.count)
        let parkedBefore = parked
        for event in batch {
            let verdict = verdict(on: event, refused, rules)
            admission.runs.append(verdict)
            if case .accepted = verdict { acceptParked(rules) } else if case .concurrent = verdict { acceptParked(rules) }
        }
        admission.isChanged = events.count > before || parked != parkedBefore
        let new = events[before...]
        for event in new {
            if let last = admission.accepted.last, last.device == event.dot.device, last.seqs.upperBound + 1 == event.dot.seq {
                admission.accepted[admission.accepted.count - 1] = DeviceRun(
                    device: last.device, seqs: last.seqs.lowerBound...event.dot.seq)
            } else {
                admission.accepted.append(DeviceRun(device: event.dot.device, seqs: event.dot.seq...event.dot.seq))
            }
            let position = Position(UInt64(before))
            before += 1
            if event.isCritical {
                admission.critical.append(CriticalEvent(position: position, dot: event.dot, byteCount: event.canonicalJSON.count))
            }
        }
        return admission
    }

    func digest(at position: Position) throws(HubLogError) -> Hash256? {
        guard !isBroken else { throw .failed }
        return position <= end ? digests[Int(position.index)] : nil
    }

    func agreement(with head: ChainHead) throws(HubLogError) -> ChainAgreement {
        guard !isBroken else { throw .failed }
        guard head.dot.seq > 0 else { return .same }
        guard let chain = chains[head.dot.device], Int(head.dot.seq) < chain.count else { return .beyond }
        return chain[Int(head.dot.seq)] == head ? .same : .other
    }

    func criticalEvents(from position: Position) throws(HubLogError) -> [CriticalEvent] {
        guard !isBroken else { throw .failed }
        return events.enumerated().filter { $0.offset >= position.index && $0.element.isCritical }.map {
            CriticalEvent(position: Position(UInt64($0.offset)), dot: $0.element.dot, byteCount: $0.element.canonicalJSON.count)
        }
    }

    // MARK: - Admitting

    private func checkGaps(_ batch: [Event]) throws(HubLogError) {
        var highest: [DeviceID: UInt64] = [:]
        for dot in parked.keys { highest[dot.device] = max(highest[dot.device] ?? applied[dot.device], dot.seq) }
        var lastOfBatch: [DeviceID: UInt64] = [:]
        for event in batch {
            let device = event.dot.device
            let expected = lastOfBatch[device].map { $0 + 1 } ?? (highest[device] ?? applied[device]) + 1
            let isGap = lastOfBatch[device] == nil ? event.dot.seq > expected : event.dot.seq != expected
            guard !isGap else { throw .gap(expected: Dot(device: device, seq: expected)) }
            lastOfBatch[device] = event.dot.seq
        }
    }

    /// Devices whose new events are all rejected: by the rules, or as their chain is not what they say.
    private func refusals(of batch: [Event], _ rules: AdmissionRules) -> [DeviceID: ProblemCode] {
        var refused = rules.refused
        for claim in rules.claims where refused[claim.dot.device] == nil {
            let device = claim.dot.device
            var head = chains[device]?.last ?? ChainHead(emptyChainOf: device)
            let offered = Dictionary(batch.filter { $0.dot.device == device }.map { ($0.dot, $0) }) { first, _ in first }
            while head.dot.seq < claim.dot.seq {
                let dot = Dot(device: device, seq: head.dot.seq + 1)
                guard let event = offered[dot] ?? parked[dot] else { break }
                head = ChainHead(dot: dot, hash: TestCryptography.sha256(head.linkPrefix + event.canonicalJSON))
            }
            if head.dot == claim.dot && head != claim { refused[device] = .chainBroken }
        }
        return refused
    }

    private mutating func verdict(on event: Event, _ refused: [DeviceID: ProblemCode], _ rules: AdmissionRules) -> Verdict {
        if let position = positions[event.dot] {
            return events[Int(position.index)] == event ? .duplicate(position) : .rejected(.fork)
        }
        if let known = parked[event.dot] {
            guard known == event else { return .rejected(.fork) }
            return problems[event.dot].map { .rejected($0) } ?? .parked
        }
        if let code = refused[event.dot.device] { return .rejected(code) }
        if let code = rules.problemWithLease(of: event) { return .rejected(code) }
        guard isReady(event) else {
            parked[event.dot] = event
            return .parked
        }
        guard isClosed(event) else { return .rejected(.contextUnclosed) }
        return accept(event)
    }

    private func isReady(_ event: Event) -> Bool {
        let applied = applied
        return applied[event.dot.device] + 1 == event.dot.seq && event.context.isCovered(by: applied)
    }

    private func isClosed(_ event: Event) -> Bool {
        event.context.entries.allSatisfy { entry in
            guard let position = positions[entry] else { return false }
            let named = events[Int(position.index)]
            return named.key == event.key && named.context.isCovered(by: event.context)
        }
    }

    private mutating func accept(_ event: Event) -> Verdict {
        let position = end
        let seen = events.filter { $0.key == event.key }.allSatisfy { event.context.covers($0.dot) }
        let device = event.dot.device
        let head = chains[device]?.last ?? ChainHead(emptyChainOf: device)
        let next = ChainHead(dot: event.dot, hash: TestCryptography.sha256(head.linkPrefix + event.canonicalJSON))
        chains[device, default: [head]].append(next)
        digests.append(TestCryptography.sha256(digests[digests.count - 1].bytes + next.hash.bytes))
        positions[event.dot] = position
        events.append(event)
        return seen ? .accepted(position) : .concurrent(position)
    }

    private mutating func acceptParked(_ rules: AdmissionRules) {
        while let event = parked.values.filter({ problems[$0.dot] == nil && isReady($0) }).min(by: { $0.dot < $1.dot }) {
            guard isClosed(event) else {
                problems[event.dot] = .contextUnclosed
                continue
            }
            parked[event.dot] = nil
            _ = accept(event)
        }
    }
}
