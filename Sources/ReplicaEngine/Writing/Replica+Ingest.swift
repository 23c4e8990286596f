package import EventCore
internal import LogStore

/// What became of events that were offered to a store.
package struct IngestReport: Hashable, Sendable {
    /// Events that are new and applied, earlier ones included that had waited for them.
    package var applied = 0
    /// Events that were there already.
    package var duplicates = 0
    /// Offered events that wait for what they build on.
    package var waiting = 0

    package init() {}
}

extension Replica {
    /// Commits of an ingestion are about this large: what is written between two syncs.
    private static var commitBlocks: Int { 32 }

    /// Takes in events from elsewhere, in any order.
    ///
    /// All of them are checked before the first is written. Then they are committed in batches, each of which is all there or absent after an interruption;
    /// repeating completes it. An event that is too early is kept aside durably.
    ///
    /// - Parameter progress: told now and then how many of the events are durable.
    /// - Throws: `.fork` or `.refused` with nothing written; `.log` when the disk refused.
    package func ingest(_ events: [Event], progress: ((Int) -> Void)? = nil) throws(ReplicaError) -> IngestReport {
        var report = IngestReport()
        let fresh = try withoutDuplicates(events, &report)
        var admission = Admission(self)
        var queue = CausalQueue()
        var batches: [[LogBlock]] = []
        let offered = Set(fresh.map(\.dot))
        for event in waiting.sorted where !offered.contains(event.dot) { queue.add(event, isOffered: false) }
        for event in fresh { queue.add(event, isOffered: true) }
        var blocks: [LogBlock] = []
        while let (event, isOffered) = queue.next(admission) {
            do throws(ReplicaError) { try admission.admit(event) } catch {
                // One that waits already was taken in before it could be checked: it stays aside, and nobody is to blame now.
                if case .refused = error, !isOffered { continue }
                throw error
            }
            queue.admitted(event.dot)
            blocks += admission.takeFullBlocks()
            if blocks.count >= Self.commitBlocks {
                batches.append(blocks)
                blocks = []
            }
        }
        blocks += admission.finishBlocks()
        if !blocks.isEmpty { batches.append(blocks) }
        report.applied = admission.count
        let early = queue.offeredRest
        report.waiting = early.count
        noteTimes(of: fresh)
        try write(batches, early, progress)
        return report
    }

    private func write(_ batches: [[LogBlock]], _ early: [Event], _ progress: ((Int) -> Void)?) throws(ReplicaError) {
        let before = end.index
        for batch in batches {
            try write(batch)
            progress?(Int(end.index - before))
        }
        var kept = WaitingEvents()
        for event in early where waiting.events[event.dot] == nil { kept.add(event) }
        try write(kept.blocks)
        waiting.drop(coveredBy: table.versionVector)
        if log.needsSealing { try checkpoint() }
    }

    /// The events that are neither here nor twice among the offered.
    ///
    /// - Throws: `.fork` when another event has the same dot.
    private func withoutDuplicates(_ events: [Event], _ report: inout IngestReport) throws(ReplicaError) -> [Event] {
        let applied = table.versionVector
        var fresh: [Event] = []
        var known: [Dot: Event] = waiting.events
        var toCompare: [Dot: Event] = [:]
        for event in events {
            if applied.covers(event.dot) {
                report.duplicates += 1
                if let twin = toCompare.updateValue(event, forKey: event.dot), twin != event { throw .fork(event.dot) }
            } else if let twin = known[event.dot] {
                guard twin == event else { throw .fork(event.dot) }
                report.duplicates += 1
            } else {
                known[event.dot] = event
                fresh.append(event)
            }
        }
        try compare(toCompare)
        return fresh
    }

    /// Compares events with those of the same dots in the log: one by one, or in one pass when there are many.
    private func compare(_ events: [Dot: Event]) throws(ReplicaError) {
        guard events.count > Self.comparedOneByOne else {
            for (dot, offered) in events {
                guard try event(dot)?.event == offered else { throw .fork(dot) }
            }
            return
        }
        var left = events.count
        try self.events(from: Position(0)) { (logged) throws(ReplicaError) in
            if let offered = events[logged.event.dot] {
                guard offered == logged.event else { throw .fork(offered.dot) }
                left -= 1
            }
            return left > 0
        }
    }

    private static var comparedOneByOne: Int { 16 }
}
