package import EventCore
internal import LogStore
internal import ReplicaEngine
package import SyncCore

/// Deciding about a push.
extension StoreLog {
    package func epochs(in batch: PushContents) -> [DeviceID: UInt64] {
        guard case .events(let events) = batch else { return [:] }
        return events.reduce(into: [:]) { epochs, event in
            if event.epoch > epochs[event.dot.device] ?? 0 { epochs[event.dot.device] = event.epoch }
        }
    }

    package func admit(_ batch: PushContents, under rules: AdmissionRules) throws(HubLogError) -> Admission {
        switch batch {
        case .events(let events): try admit(events, under: rules)
        case .blocks(let blocks): try admit(blocks, under: rules)
        }
    }

    private func admit(_ batch: [Event], under rules: AdmissionRules) throws(HubLogError) -> Admission {
        try checkGaps(batch)
        counters.pushes += 1
        var rejected = try known(batch)
        rejectTwins(in: batch, &rejected)
        let links = reject(batch, under: rules, &rejected)
        let vector = applied
        let start = store.end
        let earlier = store.waitingEvents
        let waitingBefore = Set(earlier.map(\.dot))
        try take(batch.filter { !vector.covers($0.dot) && rejected[$0.dot] == nil }, &rejected)
        let appended = try appended(since: start, among: batch + earlier, links)
        var admission = try verdicts(batch, appended, rejected)
        admission.accepted = Self.runs(appended)
        admission.critical = appended.compactMap(CriticalEvent.init)
        admission.isChanged = !appended.isEmpty || store.waitingEvents.contains { !waitingBefore.contains($0.dot) }
        return admission
    }

    /// Checks that each device's events follow each other, and begin no later than what would come next.
    private func checkGaps(_ batch: [Event]) throws(HubLogError) {
        let vector = applied
        let waiting = Dictionary(grouping: store.waitingEvents.map(\.dot), by: \.device).mapValues { $0.map(\.seq).max() ?? 0 }
        var last: [DeviceID: UInt64] = [:]
        for event in batch {
            let device = event.dot.device
            let highest = last[device] ?? max(vector[device], waiting[device] ?? 0)
            guard event.dot.seq <= highest + 1 else { throw .gap(expected: Dot(device: device, seq: highest + 1)) }
            last[device] = last[device] == nil ? event.dot.seq : max(highest, event.dot.seq)
        }
    }

    // MARK: - What is there already

    /// Compares events whose names are taken with those that have them, by their chains: a run of them at once.
    ///
    /// - Returns: those that are others.
    private func known(_ batch: [Event]) throws(HubLogError) -> [Dot: ProblemCode] {
        let vector = applied
        var forks: [Dot: ProblemCode] = [:]
        var lanes: [DeviceID: [Event]] = [:]
        for event in batch where vector.covers(event.dot) { lanes[event.dot.device, default: []].append(event) }
        for events in lanes.values {
            var rest = events[...]
            while let first = rest.first {
                var next = first.dot.seq
                let run = rest.prefix { event in
                    defer { next += 1 }
                    return event.dot.seq == next
                }
                rest = rest.dropFirst(run.count)
                guard let fork = try firstFork(in: Array(run)) else { continue }
                // What follows a fork in its device's chain is another history, also where its names are free.
                for event in batch where event.dot.device == fork.device && event.dot.seq >= fork.seq { forks[event.dot] = .fork }
            }
        }
        return forks
    }

    /// The first event of a run that is another one than what is here; nil when all are the same.
    private func firstFork(in run: [Event]) throws(HubLogError) -> Dot? {
        guard let first = run.first else { return nil }
        let before = Dot(device: first.dot.device, seq: first.dot.seq - 1)
        var head = ChainHead(dot: before, hash: before.seq == 0 ? .zero : try hash(at: before))
        let hashes = run.map { event in
            head = ChainMarks.next(head, event)
            return head.hash
        }
        var (low, high) = (0, run.count)
        // Behind the first that differs all differ.
        while low < high {
            let middle = low == 0 && high == run.count ? high - 1 : (low + high) / 2
            if try hash(at: run[middle].dot) == hashes[middle] { low = middle + 1 } else { high = middle }
        }
        return low < run.count ? run[low].dot : nil
    }

    /// Rejects what a batch has twice under one name with other bytes, and what follows it in its device's chain.
    private func rejectTwins(in batch: [Event], _ rejected: inout [Dot: ProblemCode]) {
        var last: [DeviceID: UInt64] = [:]
        let hasRepeats = batch.contains { event in
            defer { last[event.dot.device] = event.dot.seq }
            return event.dot.seq <= last[event.dot.device] ?? 0
        }
        guard hasRepeats else { return }
        let first = Dictionary(batch.map { ($0.dot, $0) }, uniquingKeysWith: { first, _ in first })
        for event in batch where first[event.dot] != event {
            for other in batch where other.dot.device == event.dot.device && other.dot.seq >= event.dot.seq { rejected[other.dot] = .fork }
        }
    }

    // MARK: - Rules

    /// - Returns: the chains behind the new events, as far as they follow each other.
    private func reject(
        _ batch: [Event], under rules: AdmissionRules, _ rejected: inout [Dot: ProblemCode]
    ) -> [Dot: ChainHead] {
        let vector = applied
        var links: [Dot: ChainHead] = [:]
        links.reserveCapacity(batch.count)
        var chains: [DeviceID: ChainHead] = [:]
        let claims = Dictionary(rules.claims.map { ($0.dot, $0.hash) }, uniquingKeysWith: { first, _ in first })
        var broken: [DeviceID: ProblemCode] = rules.refused
        for event in batch where !vector.covers(event.dot) && rejected[event.dot] == nil {
            let device = event.dot.device
            let head = chains[device] ?? self.chains[device]?.head ?? ChainHead(emptyChainOf: device)
            // With a gap before it, what it follows is not known yet.
            guard event.dot.seq == head.dot.seq + 1 else { continue }
            let next = ChainMarks.next(head, event)
            chains[device] = next
            links[next.dot] = next
            if let claim = claims[next.dot], claim != next.hash { broken[device] = broken[device] ?? .chainBroken }
        }
        for event in batch where !vector.covers(event.dot) && rejected[event.dot] == nil {
            if let code = broken[event.dot.device] {
                rejected[event.dot] = code
            } else if let code = rules.problemWithLease(of: event) {
                rejected[event.dot] = code
            }
        }
        return links
    }

    // MARK: - Taking in

    /// Takes the events in, without those that no honest store writes.
    private func take(_ events: [Event], _ rejected: inout [Dot: ProblemCode]) throws(HubLogError) {
        let report: IngestReport
        do throws(ReplicaError) { report = try store.ingestTolerantly(events) } catch { throw fail(error) }
        for (dot, error) in report.refused {
            rejected[dot] =
                switch error {
                case .fork: .fork
                case .refused(_, .beyondLimits): .eventTooLarge
                default: .contextUnclosed
                }
        }
    }

    /// What the log has got since `start`, out of the events that can have come into it.
    private func appended(
        since start: Position, among events: [Event], _ links: [Dot: ChainHead]
    ) throws(HubLogError) -> [LoggedEvent] {
        let byDot = Dictionary(events.map { ($0.dot, $0) }, uniquingKeysWith: { first, _ in first })
        var appended: [LoggedEvent] = []
        try reading { () throws(ReplicaError) in
            try store.dots(from: start) { position, dot in
                guard let event = byDot[dot] else { preconditionFailure("what is appended was offered") }
                appended.append(LoggedEvent(position: position, event: event))
            }
        }
        for logged in appended { note(logged.event, links[logged.event.dot]) }
        recent.add(appended)
        return appended
    }

    // MARK: - Verdicts

    private func verdicts(
        _ batch: [Event], _ appended: [LoggedEvent], _ rejected: [Dot: ProblemCode]
    ) throws(HubLogError) -> Admission {
        let positions = Dictionary(uniqueKeysWithValues: appended.map { ($0.event.dot, $0.position) })
        var conflicts: [RecordKey: Bool] = [:]
        var admission = Admission()
        for event in batch {
            if let code = rejected[event.dot] {
                admission.runs.append(.rejected(code))
                counters.rejected += 1
            } else if let position = positions[event.dot] {
                admission.runs.append(try isInConflict(event.key, &conflicts) ? .concurrent(position) : .accepted(position))
                counters.accepted += 1
            } else if let position = try reading({ () throws(ReplicaError) in try store.position(of: event.dot) }) {
                admission.runs.append(.duplicate(position))
                counters.duplicates += 1
            } else {
                admission.runs.append(.parked)
                counters.parked += 1
            }
        }
        return admission
    }

    func isInConflict(_ key: RecordKey, _ known: inout [RecordKey: Bool]) throws(HubLogError) -> Bool {
        if let answer = known[key] { return answer }
        let answer = try reading { () throws(ReplicaError) in try store.isInConflict(key) }
        known[key] = answer
        return answer
    }

    private static func runs(_ appended: [LoggedEvent]) -> [DeviceRun] {
        let lanes = Dictionary(grouping: appended.map(\.event.dot), by: \.device)
        return lanes.sorted { $0.key < $1.key }.compactMap { device, dots in
            // A device's events come in the order of their seqs, and without a gap.
            guard let first = dots.first, let last = dots.last else { return nil }
            return DeviceRun(device: device, seqs: first.seq...last.seq)
        }
    }
}
