import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Events taken in one by one, with next to nothing in memory, so that everything goes through the spool's file.
struct IngestionTests {
    private static let seeds = Array(0..<10 as Range<UInt64>)

    private static var tiny: IngestionLimits {
        var limits = IngestionLimits()
        limits.spoolBytes = 0
        limits.twins = 3
        limits.contexts = 4
        return limits
    }

    private static func ingest(_ events: [Event], into replica: Replica<FaultyVolume>) throws -> IngestReport {
        let ingestion = try replica.ingestion(tiny)
        for event in events { try ingestion.add(event) }
        return try ingestion.finish()
    }

    @Test(arguments: seeds) func `what comes twice and in any order is taken in once, whatever was there before`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, options: .init(devices: 2 + Int(seed % 5), events: 80))
        var model = ReferenceModel()
        for event in history.events { model.add(event) }
        for there in [0, 30] {
            var random = SeededRandom(seed: seed)
            let replica = try ReferenceTests.replica()
            _ = try Self.ingest(history.shuffledCausally(seed: seed).prefix(there).map(\.self), into: replica)
            // One event that is early is in the store already.
            let early = try #require(history.events.last)
            _ = try Self.ingest([early], into: replica)
            let wasThere = there + replica.waitingCount
            let report = try Self.ingest((history.events + history.events).shuffled(using: &random), into: replica)
            #expect(report.applied == history.events.count - Int(there), "seed \(seed), \(there) there")
            #expect(report.duplicates == history.events.count + wasThere && report.waiting == 0, "seed \(seed), \(there) there")
            var dump: [UInt8] = []
            try replica.canonicalDump { dump += $0 }
            #expect(dump == model.canonicalDump, "seed \(seed), \(there) there")
        }
    }

    @Test(arguments: seeds) func `a context is refused exactly when it is not closed`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, options: .init(devices: 3 + Int(seed % 4), records: 2, events: 60))
        var random = SeededRandom(seed: seed)
        var closedCount = 0
        for trial in 0..<16 as Range<UInt64> {
            let (key, context) = Self.context(from: history.events, &random)
            let unclosed = Self.unclosed(context, of: key, in: history.events)
            closedCount += unclosed.isEmpty ? 1 : 0
            let event = try Event(
                dot: Dot(device: DeviceID(high: trial, low: 0), seq: 1), key: key, context: context,
                time: HybridTime(milliseconds: 1), body: .delete)
            // Offered with what it builds on, and when that lies in the log.
            for isLogged in [false, true] {
                let replica = try ReferenceTests.replica()
                if isLogged { _ = try replica.ingest(history.events) }
                let end = replica.end
                do throws(ReplicaError) {
                    _ = try replica.ingest(isLogged ? [event] : history.events + [event])
                    #expect(unclosed.isEmpty, "seed \(seed), trial \(trial), \(isLogged)")
                } catch {
                    guard case .refused(event.dot, .unclosedContext(let entry)) = error else { throw error }
                    #expect(unclosed.contains(entry), "seed \(seed), trial \(trial), \(isLogged)")
                    #expect(replica.end == end, "seed \(seed), trial \(trial), \(isLogged)")
                }
            }
        }
        #expect((2...15).contains(closedCount), "seed \(seed): \(closedCount) of 16 are closed")
    }

    @Test func `other bytes under a dot are a fork wherever the two are, and nothing is written`() throws {
        let history = try RandomHistory(seed: 3, options: .init(devices: 3, events: 40))
        let (events, logged) = (history.events, 10)
        for (name, victim, offered) in [
            ("in the log", events[2], Array(events[logged...])), ("admitted before", events[20], Array(events[logged...])),
            ("both early", try #require(events.last), [try #require(events.last)]),
            ("early before", events[38], events[logged...].reversed()),
        ] {
            let forged = try Event(
                dot: victim.dot, key: victim.key, context: victim.context, time: victim.time, body: .delete, note: Note("forged"))
            for isFirst in [false, true] {
                let replica = try ReferenceTests.replica()
                _ = try replica.ingest(Array(events[..<logged]))
                #expect(throws: ReplicaError.fork(victim.dot), "\(name), \(isFirst)") {
                    try Self.ingest(isFirst ? [forged] + offered : offered + [forged], into: replica)
                }
                #expect(replica.end == Position(UInt64(logged)) && replica.waitingCount == 0, "\(name), \(isFirst)")
            }
        }
    }

    /// One that forgets its own earlier event is not honest, but it is closed, and its events are kept: whoever builds on the later one covers the earlier one without what that had seen.
    @Test func `events of a device that forgets its own are taken in as they are`() throws {
        let key = try RecordKey(collection: Name("notes"), record: Name("trip"))
        func event(_ device: UInt64, _ seq: UInt64, _ context: [Dot]) throws -> Event {
            try Event(
                dot: Dot(device: DeviceID(high: device, low: 0), seq: seq), key: key, context: VersionVector(context),
                time: HybridTime(milliseconds: 1000 + device * 10 + seq),
                body: .writing(set: [FieldWrite(field: Name("title"), value: FieldValue(text: "\(device) \(seq)"))]))
        }
        let first = try event(7, 1, [])
        let forgetful = [try event(4, 1, [first.dot]), try event(4, 2, [])]
        let later = try event(6, 1, [forgetful[1].dot])
        let last = try event(2, 1, [first.dot, forgetful[1].dot, later.dot])
        let events = [first] + forgetful + [later, last]
        var model = ReferenceModel()
        for event in events { model.add(event) }
        for pieces in [[events], [Array(events[..<3]), [later], [last]], [Array(events[..<4]), [last]]] {
            let replica = try ReferenceTests.replica()
            for piece in pieces { _ = try Self.ingest(piece, into: replica) }
            #expect(try replica.history(of: key).map(\.event) == events)
            var dump: [UInt8] = []
            try replica.canonicalDump { dump += $0 }
            #expect(dump == model.canonicalDump)
        }
    }

    @Test func `a fork is named before what is refused, whichever comes first`() throws {
        let history = try RandomHistory(seed: 4, options: .init(devices: 3, events: 40))
        let victim = history.events[5]
        let forged = try Event(dot: victim.dot, key: victim.key, context: victim.context, time: victim.time, body: .delete, note: Note("x"))
        let other = try RecordKey(collection: Name("none"), record: Name("none"))
        let unclosed = try Event(
            dot: Dot(device: DeviceID(high: 1, low: 1), seq: 1), key: other, context: VersionVector([victim.dot]), time: victim.time,
            body: .delete)
        for last in [[forged, unclosed], [unclosed, forged]] {
            let replica = try ReferenceTests.replica()
            #expect(throws: ReplicaError.fork(victim.dot)) { try Self.ingest(history.events + last, into: replica) }
            #expect(replica.end == Position(0))
        }
    }

    @Test(arguments: [VolumeFault.inputOutput, .noSpace, .shortWrite])
    func `whatever operation fails, nothing or whole commits are there, no file is left over, and repeating completes it`(
        fault: VolumeFault
    ) throws {
        let events = try RandomHistory(seed: 5, options: .init(devices: 3, events: 40)).shuffled(seed: 5)
        for number in 1..<500 {
            let volume = FaultyVolume()
            let replica = try ReferenceTests.replica(on: volume)
            volume.inject(fault, at: number, isForever: false)
            let report = try? Self.ingest(events, into: replica)
            guard volume.hasStruck else {
                // It took fewer operations than that.
                #expect(report?.applied == 40 && number > 20)
                return
            }
            volume.heal()
            let end = replica.end
            try? replica.close()
            #expect(try volume.names(in: "disk/store/log").allSatisfy { !$0.contains("spool") } || report == nil, "\(fault) at \(number)")
            let again = try Replica.open(in: "disk/store", on: volume, access: .writing)
            #expect(try volume.names(in: "disk/store/log").allSatisfy { !$0.hasSuffix("unfinished") }, "\(fault) at \(number)")
            #expect([0, 40].contains(again.end.index) && again.end >= end, "\(fault) at \(number)")
            _ = try Self.ingest(events, into: again)
            #expect(again.end == Position(40) && again.waitingCount == 0, "\(fault) at \(number)")
        }
        Issue.record("the ingestion takes more operations than were tried")
    }

    // MARK: - Making

    /// A context of events that are there: the join of what some of one record had seen, themselves included, often with an entry changed.
    private static func context(from events: [Event], _ random: inout SeededRandom) -> (RecordKey, VersionVector) {
        let key = events[random.below(events.count)].key
        let ofRecord = events.filter { $0.key == key }
        var context = VersionVector()
        for _ in 0..<(1 + random.below(2)) {
            let event = ofRecord[random.below(ofRecord.count)]
            context.join(event.context)
            context.advance(to: event.dot)
        }
        let changed = context.entries[random.below(context.entries.count)]
        switch random.below(4) {
        case 0: return (key, VersionVector(context.entries.filter { $0 != changed }))
        case 1:
            let others = events.filter { $0.dot.device == changed.device }
            let other = others[random.below(others.count)]
            return (key, VersionVector(context.entries.filter { $0 != changed } + [other.dot]))
        default: return (key, context)
        }
    }

    /// The entries that keep a context from being closed, by the definition.
    private static func unclosed(_ context: VersionVector, of key: RecordKey, in events: [Event]) -> Set<Dot> {
        Set(
            context.entries.filter { entry in
                guard let named = events.first(where: { $0.dot == entry && $0.key == key }) else { return true }
                return !named.context.entries.allSatisfy { seen in
                    context.entries.contains { $0.device == seen.device && $0.seq >= seen.seq }
                }
            })
    }
}
