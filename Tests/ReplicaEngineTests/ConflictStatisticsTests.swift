import EventCore
import Foundation
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// Conflict counts, held to a count that folds each record anew after each event.
struct ConflictStatisticsTests {
    typealias Group = ConflictStatistics.Group
    typealias Counts = ConflictStatistics.Counts

    @Test(arguments: 0..<24 as Range<UInt64>) func `each group is counted as a fold after each event has it, on one thread and two`(
        seed: UInt64
    ) throws {
        var options = RandomHistory.Options(records: seed % 4 == 0 ? 2 : 6, events: 120)
        options.meetsOften = seed % 2 == 0
        let history = try RandomHistory(seed: seed, options: options)
        var store = try Store(99, wall: 2_000_000)
        var rest = history.shuffledCausally(seed: seed)[...]
        var random = SeededRandom(seed: seed)
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.below(60))
            rest = rest.dropFirst(piece.count)
            _ = try store.replica.ingest(Array(piece))
            if random.chance(1, in: 3) { try store.replica.checkpoint() }
        }
        // Undo writes several sides at once, and ends conflicts and opens them again.
        for _ in 0..<8 {
            let dot = history.events[random.below(history.events.count)].dot
            if let plan = try? store.replica.undoPlan(of: dot) { _ = try store.commit(plan.drafts) }
        }
        let expected = NaiveCount(try store.events())
        if seed != 13 { #expect(expected.reopened > 0, "seed \(seed): no undo opened one again") }
        for threads in [1, 2] {
            let counted = try store.replica.conflictStatistics(threads: threads) { _ in true }
            expected.expect(counted, "seed \(seed), \(threads) threads")
        }
    }

    @Test func `the team's history is counted as a fold after each event has it`() throws {
        let store = try Store(99, wall: 2_000_000_000_000)
        for piece in try Self.teamEvents().chunked(500) { _ = try store.replica.ingest(piece) }
        let expected = NaiveCount(try store.events())
        #expect(expected.groups.values.contains { $0.opened > 0 })
        for threads in [1, 2] {
            expected.expect(try store.replica.conflictStatistics(threads: threads) { _ in true }, "\(threads) threads")
        }
        let device = try #require(expected.groups.keys.first?.devices.first)
        let some = try store.replica.conflictStatistics { $0.devices.contains(device) }
        #expect(some.groups == expected.sorted.groups.filter { $0.key.devices.contains(device) })
    }

    @Test func `a resolution that is undone is not settled, and the conflict has its devices and its beginning, from a saved count too`()
        throws
    {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let key = RecordKey(collection: try Name("notes"), record: try Name("r"))
        func write(_ device: UInt64, _ seq: UInt64, _ milliseconds: UInt64, _ value: String) throws -> Event {
            let dot = Dot(device: DeviceID(high: 7, low: device), seq: seq)
            return try Event(
                dot: dot, key: key, context: VersionVector(seq == 1 ? [] : [Dot(device: dot.device, seq: seq - 1)]),
                time: try HybridTime(milliseconds: milliseconds),
                body: try .writing(set: [FieldWrite(field: try Name("f"), value: FieldValue(text: value))]))
        }
        let devices = [1, 2].map { DeviceID(high: 7, low: $0) }
        func counts() throws -> Counts {
            let counted = try replica.conflictStatistics { _ in true }
            #expect(counted.groups.keys.map(\.devices) == [devices])
            #expect(counted.concurrentEvents == 2)
            return counted.total
        }
        // A side that edits again does not begin the conflict anew.
        _ = try replica.ingest([try write(1, 1, 1000, "a"), try write(2, 1, 2000, "b"), try write(1, 2, 3000, "c")])
        let settling = try #require(
            try replica.commit(
                [
                    Draft(
                        key: key, body: try .writing(set: [FieldWrite(field: try Name("f"), value: FieldValue(text: "both"))]),
                        kind: .resolve)
                ],
                wall: 12_000
            ).first)
        #expect(try counts().durations == [10_000])
        func check(open: Int, settledAfter durations: [UInt64]) throws {
            for _ in 0..<2 {
                let total = try counts()
                #expect(total.opened == 1 && total.open == open && total.durations == durations)
                try replica.checkpoint()
                try replica.saveConflictCount()
            }
            #expect(try counts().open == open)
            try volume.remove(Self.path)
            #expect(try counts().durations == durations)
            try replica.saveConflictCount()
        }
        try check(open: 0, settledAfter: [10_000])
        _ = try replica.commit(try replica.undoPlan(of: settling.dot).drafts, wall: 20_000)
        try check(open: 1, settledAfter: [])
        let redone = try #require(try replica.newestToRedo())
        _ = try replica.commit(try replica.undoPlan(of: redone).drafts, wall: 32_000)
        try check(open: 0, settledAfter: [30_000])
        _ = try replica.commit(try replica.undoPlan(of: settling.dot).drafts, wall: 40_000)
        try check(open: 1, settledAfter: [])
    }

    @Test func `many siblings of many fields, more than have a place, are counted`() throws {
        let key = RecordKey(collection: try Name("wide"), record: try Name("r"))
        var events: [Event] = []
        let devices = (1...3 as ClosedRange<UInt64>).map { DeviceID(high: 7, low: $0) }
        for round in 0..<3 as Range<UInt64> {
            for device in devices {
                let context = VersionVector(round == 0 ? [] : [Dot(device: device, seq: round)])
                let set = try (0..<80).map {
                    FieldWrite(field: try Name("f\($0)"), value: FieldValue(text: "\($0 % 2 == 0 ? round : device.low)"))
                }
                events.append(
                    try Event(
                        dot: Dot(device: device, seq: round + 1), key: key, context: context,
                        time: try HybridTime(milliseconds: 1000 * round + device.low), body: try .writing(set: set)))
            }
        }
        let store = try Store(99, wall: 2_000_000)
        _ = try store.replica.ingest(events)
        NaiveCount(try store.events()).expect(try store.replica.conflictStatistics { _ in true }, "wide")
    }

    @Test(arguments: 0..<24 as Range<UInt64>) func `a saved count is gone on with, whatever came behind it`(seed: UInt64) throws {
        let history = try RandomHistory(
            seed: seed, options: .init(records: seed % 4 == 0 ? 2 : 6, events: 150, meetsOften: seed % 2 == 0))
        let volume = FaultyVolume()
        var replica = try ReferenceTests.replica(on: volume)
        var rest = history.shuffledCausally(seed: seed)[...]
        var random = SeededRandom(seed: seed)
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.below(30))
            rest = rest.dropFirst(piece.count)
            _ = try replica.ingest(Array(piece))
            if random.chance(1, in: 3) { try replica.checkpoint() }
            if random.chance(1, in: 3) {
                try replica.close()
                replica = try Replica.open(in: "disk/store", on: volume, access: random.chance(1, in: 2) ? .writing : .reading)
            }
            if random.chance(1, in: 2) {
                let counted = try replica.conflictStatistics(threads: 1 + random.below(2)) { _ in true }
                NaiveCount(try replica.allEvents()).expect(counted, "seed \(seed), \(replica.end)")
            }
            if replica.log.access == .reading { replica = try Replica.open(in: "disk/store", on: volume, access: .writing) }
            // An undo may bring back what was settled before the checkpoint, or behind it.
            let keys = try replica.keys()
            let events = try replica.history(of: keys[random.below(keys.count)])
            if let plan = try? replica.undoPlan(of: events[random.below(events.count)].event.dot) {
                _ = try replica.commit(plan.drafts, wall: 1)
            }
        }
        // Under policies a count from the beginning says what one that is gone on with says.
        let keys = Set(history.events.map(\.key.collection))
        try replica.checkpoint()
        try replica.saveConflictCount()
        _ = try replica.commit(try OpenConflictTests.policies(for: keys, replica, &random), wall: 1)
        let goneOn = try replica.conflictStatistics { _ in true }
        var decided = 0
        for key in try replica.keys() {
            guard let conflict = try replica.conflict(key) else { continue }
            let contested = conflict.record.fields.filter(\.isContested).map(\.field)
            decided += conflict.fields.count { contested.contains($0.field) && !conflict.openFields.contains($0) }
            if conflict.winner != nil { decided += 1 }
        }
        #expect(goneOn.total.decided == decided, "seed \(seed)")
        try volume.remove(Self.path)
        let anew = try replica.conflictStatistics { _ in true }
        #expect(goneOn.groups == anew.groups && goneOn.concurrentEvents == anew.concurrentEvents, "seed \(seed)")
    }

    @Test func `what is saved is believed while it is whole and of this log, and goes with the next checkpoint`() throws {
        let history = try RandomHistory(seed: 5, options: .init(records: 4, events: 120))
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        let events = history.shuffledCausally(seed: 5)
        _ = try replica.ingest(Array(events.prefix(60)))
        try replica.checkpoint()
        #expect(try !volume.exists(Self.path), "nobody has asked")
        _ = try replica.conflictStatistics { _ in true }
        let saved = try #require(SavedConflictCount(try volume.wholeFile(Self.path)))
        #expect(saved.end == replica.checkpointEnd)

        // A count that is not true shows where it is taken over.
        var count = saved.count
        count.concurrentEvents += 1000
        let lie = saved.goneOn(count, to: saved.end)
        func write(_ bytes: [UInt8]) throws { try volume.replaceFile(Self.path, by: "disk/store/other", in: "disk/store", with: bytes) }
        func concurrentEvents() throws -> Int { try replica.conflictStatistics { _ in true }.concurrentEvents }
        let before = NaiveCount(try replica.allEvents()).sorted.concurrent
        try write(lie.bytes)
        #expect(try concurrentEvents() == before + 1000)
        _ = try replica.ingest(Array(events.dropFirst(60)))
        let all = NaiveCount(try replica.allEvents()).sorted.concurrent
        #expect(all > before)
        #expect(try concurrentEvents() == all + 1000)
        try replica.checkpoint()
        #expect(SavedConflictCount(try volume.wholeFile(Self.path))?.end == replica.checkpointEnd)
        #expect(try concurrentEvents() == all + 1000)

        // Damaged anywhere, cut off, or of another log.
        let whole = lie.goneOn(lie.count, to: try #require(replica.checkpointEnd)).bytes
        for offset in stride(from: 0, to: whole.count, by: 7) {
            var damaged = whole
            damaged[offset] ^= 0x10
            try write(damaged)
            #expect(try concurrentEvents() == all, "\(offset)")
        }
        try write(Array(whole.dropLast()))
        #expect(try concurrentEvents() == all)
        let other = SealedEnd(segment: 1, position: Position(60), digest: SegmentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        try write(lie.goneOn(lie.count, to: other).bytes)
        #expect(try concurrentEvents() == all)
    }

    private static let path = "disk/store/" + SavedConflictCount.fileName

    /// Each event's whole record is folded from what the log holds before it.
    private struct NaiveCount {
        private struct Conflict {
            var devices: Set<DeviceID>
            let began: UInt64
        }

        private(set) var groups: [Group: Counts] = [:]
        private(set) var reopened = 0
        private var concurrent = 0
        private var own: [RecordKey: [Event]] = [:]
        private var folds: [RecordKey: NaiveFold] = [:]
        private var open: [RecordKey: [Name?: Conflict]] = [:]
        private var ended: [RecordKey: [Name?: [(conflict: Conflict, duration: UInt64)]]] = [:]
        private var events: [Dot: Event] = [:]

        var sorted: (groups: [Group: Counts], concurrent: Int) {
            (
                groups.mapValues { counts in
                    var counts = counts
                    counts.durations.sort()
                    return counts
                }, concurrent
            )
        }

        init(_ log: [Event]) {
            for event in log { take(event) }
            for (key, conflicts) in open {
                for (field, conflict) in conflicts { groups[group(key, field, conflict), default: Counts()].opened += 1 }
            }
            for (key, fields) in ended {
                for (field, conflicts) in fields {
                    for (conflict, duration) in conflicts {
                        let group = group(key, field, conflict)
                        groups[group, default: Counts()].opened += 1
                        groups[group, default: Counts()].byHand += 1
                        groups[group, default: Counts()].durations.append(duration)
                    }
                }
            }
        }

        private func group(_ key: RecordKey, _ field: Name?, _ conflict: Conflict) -> Group {
            Group(collection: key.collection, field: field, devices: conflict.devices.sorted())
        }

        /// Whether an event brought one of these sides back, and another event of the same undo another one.
        private func isOfAnAct(_ event: Event, _ sides: Set<Dot>) -> Bool {
            event.kind == .undo && sides.contains(event.dot)
                && sides.contains { dot in
                    guard let other = events[dot], dot != event.dot, dot.device == event.dot.device else { return false }
                    return other.undoes == event.undoes && other.context == event.context
                }
        }

        private mutating func take(_ event: Event) {
            events[event.dot] = event
            if own[event.key, default: []].contains(where: { !event.context.covers($0.dot) && $0.dot.device != event.dot.device }) {
                concurrent += 1
            }
            own[event.key, default: []].append(event)
            folds[event.key, default: NaiveFold()].apply(event)
            let fold = folds[event.key, default: NaiveFold()]
            var contested: [Name?: Set<Dot>] = [:]
            for (field, entries) in fold.fields where entries.count > 1 {
                let dots = Set(entries.keys)
                if Set(entries.values).count > 1 {
                    contested[field] = dots
                } else if open[event.key]?[field] == nil && dots.contains(event.dot) {
                    groups[
                        Group(collection: event.key.collection, field: field, devices: Set(dots.map(\.device)).sorted()), default: Counts()
                    ]
                    .automatic += 1
                }
            }
            let live = fold.fields.values.flatMap { $0.filter { $0.value != nil }.keys }
            if !fold.tombstones.isEmpty && !live.isEmpty { contested[nil] = fold.tombstones.union(live) }
            for (field, conflict) in open[event.key] ?? [:] where contested[field] == nil {
                open[event.key]?[field] = nil
                let duration = event.time.milliseconds > conflict.began ? event.time.milliseconds - conflict.began : 0
                ended[event.key, default: [:]][field, default: []].append((conflict, duration))
            }
            for (field, sides) in contested {
                let isOfAnAct = isOfAnAct(event, sides)
                if open[event.key]?[field] != nil {
                    if sides.contains(event.dot) && !isOfAnAct { open[event.key]?[field]?.devices.insert(event.dot.device) }
                } else if isOfAnAct, let last = ended[event.key]?[field]?.popLast() {
                    reopened += 1
                    open[event.key, default: [:]][field] = last.conflict
                } else {
                    let began = sides.compactMap { events[$0]?.time.milliseconds }.max() ?? 0
                    open[event.key, default: [:]][field] = Conflict(devices: Set(sides.map(\.device)), began: began)
                }
            }
        }

        func expect(_ counted: ConflictStatistics, _ name: String) {
            #expect(counted.groups == sorted.groups, "\(name)")
            #expect(counted.concurrentEvents == concurrent, "\(name)")
        }
    }

    /// The fold as `Sources/README.md` has it, with sets.
    private struct NaiveFold {
        var fields: [Name: [Dot: FieldValue?]] = [:]
        var tombstones: Set<Dot> = []

        mutating func apply(_ event: Event) {
            tombstones = tombstones.filter { !event.context.covers($0) }
            switch event.body {
            case .delete:
                for field in fields.keys { fields[field] = fields[field]?.filter { !event.context.covers($0.key) } }
                tombstones.insert(event.dot)
            case .write(let set, let unset):
                for (field, value) in set.map({ ($0.field, Optional($0.value)) }) + unset.map({ ($0, nil) }) {
                    fields[field] = (fields[field] ?? [:]).filter { !event.context.covers($0.key) }
                    fields[field, default: [:]].updateValue(value, forKey: event.dot)
                }
            }
        }
    }

    private static func teamEvents() throws -> [Event] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Data/team.jsonl.gz")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try bytes.split(separator: UInt8(ascii: "\n")).map { try Event(json: Array($0)) }
    }
}
