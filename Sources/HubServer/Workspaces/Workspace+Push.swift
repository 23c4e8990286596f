internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// What became of a pushed event.
enum Verdict: Sendable {
    case accepted(UInt64)
    /// Accepted, and its record is in conflict now.
    case concurrent(UInt64)
    case duplicate(UInt64)
    /// Kept until what it builds on has come.
    case parked
    case rejected(Problem)
}

struct PushAnswer: Sendable {
    let verdicts: [(dot: Dot, verdict: Verdict)]
    /// The hub's version vector.
    let ackedThrough: VersionVector
    let head: UInt64
}

/// Taking events in.
extension Workspace {
    /// Takes a device's events. What it says is taken is on disk.
    func push(_ events: [Event], by id: DeviceID) throws(Problem) -> PushAnswer {
        guard let device = registry[id], device.revokedAt == nil else { throw .revoked }
        guard device.role.mayPush else { throw .readerPush }
        guard events.count <= HubLimits.pushEvents else { throw .tooLarge }
        try checkGaps(events)
        let start = store.end
        let earlier = store.waitingEvents
        let rejected = try take(events)
        let appended = try appended(since: start, among: events + earlier)
        recent.add(appended)
        counters.pushes += 1
        let answer = PushAnswer(
            verdicts: try verdicts(events, appended, rejected), ackedThrough: store.versionVector, head: head)
        if !appended.isEmpty { headMoved() }
        return answer
    }

    /// Checks that each device's events come in their order, and begin no later than the hub's next one.
    private func checkGaps(_ events: [Event]) throws(Problem) {
        let vector = store.versionVector
        let waiting = Set(store.waitingEvents.map(\.dot))
        var next: [DeviceID: UInt64] = [:]
        for event in events {
            let dot = event.dot
            var expected = next[dot.device] ?? vector[dot.device] + 1
            // Parked events need not come again: those behind them follow.
            while expected < dot.seq && waiting.contains(Dot(device: dot.device, seq: expected)) { expected += 1 }
            guard dot.seq <= expected else { throw .gap(expected: Dot(device: dot.device, seq: expected)) }
            next[dot.device] = max(expected, dot.seq + 1)
        }
    }

    /// Takes the events in, without those that no honest store writes.
    ///
    /// - Returns: why which were left out.
    private func take(_ events: [Event]) throws(Problem) -> [Dot: Problem] {
        var offered = events
        var rejected: [Dot: Problem] = [:]
        while true {
            let failure: ReplicaError
            do throws(ReplicaError) {
                _ = try store.ingest(offered)
                return rejected
            } catch { failure = error }
            switch failure {
            case .fork(let dot):
                // What the device wrote behind it has another past than what is here.
                for event in offered where event.dot.device == dot.device && event.dot.seq >= dot.seq { rejected[event.dot] = .fork(dot) }
                offered.removeAll { $0.dot.device == dot.device && $0.dot.seq >= dot.seq }
            case .refused(let dot, let refusal):
                rejected[dot] = .refused(dot, refusal)
                offered.removeAll { $0.dot == dot }
            default: throw .internalFailure("the events cannot be written: \(failure)")
            }
            guard rejected.count <= HubLimits.rejectionsPerPush || offered.isEmpty else {
                throw .invalid("more than \(HubLimits.rejectionsPerPush) events of the push cannot be taken: \(failure)")
            }
        }
    }

    /// What the log has got since `start`, out of the events that can have come into it.
    private func appended(since start: Position, among events: [Event]) throws(Problem) -> [LoggedEvent] {
        let byDot = Dictionary(events.map { ($0.dot, $0) }, uniquingKeysWith: { first, _ in first })
        var appended: [LoggedEvent] = []
        do throws(ReplicaError) {
            try store.dots(from: start) { position, dot in
                digest.add(dot)
                guard let event = byDot[dot] else { return }
                appended.append(LoggedEvent(position: position, event: event))
            }
        } catch { throw .reading(error) }
        return appended
    }

    private func verdicts(
        _ events: [Event], _ appended: [LoggedEvent], _ rejected: [Dot: Problem]
    ) throws(Problem) -> [(dot: Dot, verdict: Verdict)] {
        let positions = Dictionary(uniqueKeysWithValues: appended.map { ($0.event.dot, $0.position.index) })
        var conflicts: [RecordKey: Bool] = [:]
        var verdicts: [(dot: Dot, verdict: Verdict)] = []
        for event in events {
            let verdict: Verdict
            if let problem = rejected[event.dot] {
                verdict = .rejected(problem)
                counters.rejected += 1
            } else if let position = positions[event.dot] {
                verdict = try isInConflict(event.key, &conflicts) ? .concurrent(position) : .accepted(position)
                counters.accepted += 1
            } else if let position = try position(of: event.dot) {
                verdict = .duplicate(position)
                counters.duplicates += 1
            } else {
                verdict = .parked
                counters.parked += 1
            }
            verdicts.append((event.dot, verdict))
        }
        return verdicts
    }

    private func isInConflict(_ key: RecordKey, _ known: inout [RecordKey: Bool]) throws(Problem) -> Bool {
        if let answer = known[key] { return answer }
        do throws(ReplicaError) {
            let answer = try store.isInConflict(key)
            known[key] = answer
            return answer
        } catch { throw .reading(error) }
    }

    private func position(of dot: Dot) throws(Problem) -> UInt64? {
        do throws(ReplicaError) { return try store.position(of: dot)?.index } catch { throw .reading(error) }
    }
}

extension Problem {
    static func refused(_ dot: Dot, _ refusal: Refusal) -> Problem {
        switch refusal {
        case .unclosedContext(let entry):
            Problem(409, "unclosed-context", "the context of \(dot) names \(entry), which is not of this record or had seen more")
        case .beyondLimits: Problem(409, "limit", "\(dot) is beyond what a store holds")
        }
    }
}
