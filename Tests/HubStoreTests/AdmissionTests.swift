import EventCore
import EventSamples
import HubStore
import SyncCore
import Testing

/// What a hub's log says of pushed events, one by one, and what it has of them afterwards.
struct AdmissionTests {
    private let disk: HubDisk

    init() throws { disk = try HubDisk() }

    @Test func `accepted, concurrent, duplicate: each event has one position for ever`() throws {
        var log = try disk.open()
        let first = try Event.sample(1, 1)
        let second = try Event.sample(1, 2, context: [first.dot])
        let other = try Event.sample(2, 1, context: [first.dot], value: "2")
        let elsewhere = try Event.sample(2, 2, record: "s", isCritical: true)
        let admission = try log.offer(first, second)
        #expect(admission.verdicts == [.accepted(Position(0)), .accepted(Position(1))])
        #expect(admission.accepted == [DeviceRun(device: .sample(1), seqs: 1...2)])
        #expect(admission.isChanged && admission.critical.isEmpty)
        let later = try log.offer(other, elsewhere)
        #expect(later.verdicts == [.concurrent(Position(2)), .accepted(Position(3))])
        let critical = CriticalEvent(position: Position(3), dot: elsewhere.dot, byteCount: elsewhere.canonicalJSON.count)
        #expect(later.critical == [critical])
        try log.sync()
        for _ in 0..<2 {
            let again = try log.offer(first, second, other, elsewhere)
            #expect(again.verdicts == (0..<4).map { .duplicate(Position($0)) })
            #expect(again.accepted.isEmpty && !again.isChanged && again.critical.isEmpty)
            #expect(log.end == Position(4))
            #expect(log.applied == VersionVector([second.dot, elsewhere.dot]))
            #expect(log.heads == [chain([first, second])[2], chain([other, elsewhere])[2]])
            #expect(try log.criticalEvents(from: Position(0)) == [critical])
            #expect(try log.criticalEvents(from: Position(4)).isEmpty)
            log = try disk.reopen(log)
        }
    }

    @Test func `what happened is counted`() throws {
        let log = try disk.open()
        let (first, early) = (try Event.sample(1, 1), try Event.sample(2, 1, context: [Dot(device: .sample(3), seq: 1)]))
        _ = try log.offer(first, early)
        _ = try log.offer(first, try .sample(1, 2, epoch: 1))
        let counters = log.counters
        #expect((counters.pushes, counters.accepted, counters.duplicates, counters.parked, counters.rejected) == (2, 1, 1, 1, 1))
    }

    @Test func `a gap takes nothing, and names what has to come`() throws {
        let log = try disk.open()
        let good = try Event.sample(2, 1)
        #expect(throws: HubLogError.gap(expected: Dot(device: .sample(1), seq: 1))) { try log.offer(good, .sample(1, 2)) }
        #expect(throws: HubLogError.gap(expected: Dot(device: .sample(1), seq: 2))) { try log.offer(good, .sample(1, 1), .sample(1, 3)) }
        #expect(log.end == Position(0) && log.counters.pushes == 0 && log.failure == nil)
        // A gap behind what is parked counts from there.
        _ = try log.offer(.sample(1, 1, context: [good.dot]))
        #expect(throws: HubLogError.gap(expected: Dot(device: .sample(1), seq: 2))) { try log.offer(.sample(1, 3)) }
    }

    @Test func `what misses something is kept, and accepted once that has come`() throws {
        var log = try disk.open()
        let missing = try Event.sample(3, 1)
        let early = try Event.sample(1, 1, context: [missing.dot], isCritical: true)
        let behind = try Event.sample(1, 2, record: "s")
        let parked = try log.offer(early, behind)
        #expect(parked.verdicts == [.parked, .parked] && parked.isChanged && parked.accepted.isEmpty)
        #expect(try !log.offer(early).isChanged)
        try log.sync()
        log = try disk.reopen(log)
        #expect(log.end == Position(0) && log.applied.isEmpty)
        let filled = try log.offer(missing)
        #expect(filled.verdicts == [.accepted(Position(0))])
        #expect(filled.accepted == [DeviceRun(device: .sample(1), seqs: 1...2), DeviceRun(device: .sample(3), seqs: 1...1)])
        #expect(filled.critical.map(\.dot) == [early.dot])
        #expect(log.heads == [chain([early, behind])[2], chain([missing])[1]])
    }

    @Test func `other bytes under a known name are a fork, and so is what follows them; what came before is a duplicate`() throws {
        let log = try disk.open()
        let events = try (1...6).map { try Event.sample(1, $0, record: "r\($0)") }
        for event in events { _ = try log.offer(event) }
        let other = try events[...3] + (5...7).map { try Event.sample(1, $0, record: "r\($0)", value: "2") }
        for first in 0..<5 {
            let admission = try log.admit(.events(Array(other[first...])), under: AdmissionRules())
            let known = (first..<max(first, 4)).map { Verdict.duplicate(Position(UInt64($0))) }
            #expect(admission.verdicts == known + Array(repeating: .rejected(.fork), count: 7 - first - known.count), "from \(first)")
            #expect(!admission.isChanged)
        }
        // Repeated out of order they are what they were.
        #expect(try log.offer(events[3], events[1]).verdicts == [.duplicate(Position(3)), .duplicate(Position(1))])
        #expect(log.end == Position(6))
    }

    @Test func `two events of a push under one name are a fork, the same one twice is not`() throws {
        let log = try disk.open()
        let (first, twin) = (try Event.sample(1, 1), try Event.sample(1, 1, value: "2"))
        let free = try Event.sample(2, 1, record: "s")
        let forked = try log.offer(first, twin, .sample(1, 2, record: "t"), free)
        #expect(forked.verdicts == [.rejected(.fork), .rejected(.fork), .rejected(.fork), .accepted(Position(0))])
        #expect(try log.offer(first, first).verdicts == [.accepted(Position(1)), .accepted(Position(1))])
        #expect(log.end == Position(2))
        // A parked one has its name, too.
        let early = try Event.sample(4, 1, context: [Dot(device: .sample(5), seq: 1)])
        #expect(try log.offer(early).verdicts == [.parked])
        #expect(try log.offer(.sample(4, 1, value: "2")).verdicts == [.rejected(.fork)])
    }

    @Test func `the rules: chains as they are claimed, devices that are refused, leases that were granted`() throws {
        let log = try disk.open()
        let events = try (1...3).map { try Event.sample(1, $0, record: "r\($0)") }
        let other = try Event.sample(2, 1, record: "s")
        let heads = chain(events)
        let wrong = ChainHead(dot: heads[2].dot, hash: heads[1].hash)
        let broken = try log.admit(.events(events + [other]), under: AdmissionRules(claims: [wrong]))
        #expect(broken.verdicts == Array(repeating: .rejected(.chainBroken), count: 3) + [.accepted(Position(0))])
        let refused = AdmissionRules(claims: [heads[3]], refused: [.sample(1): .signatureInvalid])
        #expect(try log.admit(.events(events), under: refused).verdicts == Array(repeating: .rejected(.signatureInvalid), count: 3))
        #expect(
            try log.admit(.events(events), under: AdmissionRules(claims: [heads[3], heads[1]])).verdicts.last == .accepted(Position(3)))
        let (led, later) = (try Event.sample(1, 4, record: "t", epoch: 1), try Event.sample(1, 5, record: "u", epoch: 2))
        let rules = AdmissionRules(grants: HubState([.epochGranted(to: .sample(1)), .epochGranted(to: .sample(2))]).grants)
        #expect(try log.offer(led, later, rules: rules).verdicts == [.accepted(Position(4)), .rejected(.epochNeverGranted)])
        #expect(log.end == Position(5))
        #expect(log.epochs(in: .events([later, led, other])) == [.sample(1): 2])
    }

    @Test func `what no honest store writes is rejected, and the rest goes on`() throws {
        let log = try disk.open()
        let first = try Event.sample(1, 1)
        let unclosed = try Event.sample(2, 1, record: "elsewhere", context: [first.dot])
        let admission = try log.offer(first, unclosed, .sample(2, 2, record: "t"), .sample(3, 1, record: "u"))
        #expect(admission.verdicts == [.accepted(Position(0)), .rejected(.contextUnclosed), .parked, .accepted(Position(1))])
        #expect(log.applied == VersionVector([first.dot, Dot(device: .sample(3), seq: 1)]))
    }
}
