import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// The events of a log as lines: each its event's canonical form, whether it was written from columns or made of an event.
struct EventLinesTests {
    private static func compare(_ replica: Replica<FaultyVolume>, _ name: String) throws {
        let events = try replica.allEvents()
        var (bytes, dots) = ([UInt8](), [Dot]())
        try replica.eventLines { lines in
            #expect(lines.lines.last?.end == lines.bytes.count, "\(name)")
            bytes += lines.bytes
            dots += lines.lines.map(\.dot)
            return true
        }
        #expect(dots == events.map(\.dot), "\(name)")
        #expect(bytes == events.reduce(into: []) { $0 += $1.canonicalJSON + [0x0A] }, "\(name)")
    }

    @Test(arguments: Array(0..<12 as Range<UInt64>)) func `of random histories, in blocks of rows and packed ones`(seed: UInt64) throws {
        let history = try ReferenceTests.history(seed)
        let replica = try ReferenceTests.replica()
        var random = SeededRandom(seed: seed)
        var rest = history.shuffled(seed: seed)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(1 + random.below(20)))
            rest = rest.dropFirst(piece.count)
            _ = try replica.ingest(piece)
            if random.chance(1, in: 3) { try replica.checkpoint() }
            try Self.compare(replica, "seed \(seed), \(replica.end.index)")
        }
    }

    @Test func `of many blocks, until somebody has enough`() throws {
        let replica = try Store(9, wall: 0).replica
        try replica.adopt(Array(WorkloadW(events: 20_000, seed: 3)))
        try replica.checkpoint()
        try Self.compare(replica, "W")
        var blocks = 0
        try replica.eventLines { _ in
            blocks += 1
            return blocks < 3
        }
        #expect(blocks == 3)
    }

    @Test func `behind a block of which events were made, others are written from columns as before`() throws {
        let replica = try Store(9, wall: 0).replica
        // One of the first blocks has an event that only an event can be made of.
        let events = try WorkloadW(events: 20_000, seed: 3).enumerated().map { index, event in
            try Event(
                dot: event.dot, key: event.key, context: event.context, time: event.time, body: event.body, kind: event.kind,
                isCritical: index == 3000)
        }
        _ = try replica.ingest(events)
        try replica.checkpoint()
        try Self.compare(replica, "one is critical")
        var writer = EventLineWriter<FaultyVolume>(expectedEvents: replica.end.index)
        let cursor = try Replica.blocks(of: replica.log)
        var (blocks, fromEvents) = (0, 0)
        while let block = try Replica.next(cursor) {
            try writer.write(block)
            blocks += 1
            fromEvents += writer.isFromEvents ? 1 : 0
        }
        #expect(blocks > 15 && fromEvents == 1)
    }

    /// Blocks of events with notes, of which some are alike and JSON escapes some; how many are let through by who takes notes, and by who does not.
    @Test func `notes are written from columns, too, and nobody else lets them through`() throws {
        let store = try Store(9, wall: 0)
        let notes = ["why", "say \"é\"\n", String(repeating: "\u{1}", count: 1024), "why"]
        let events = try WorkloadW(events: 3000, seed: 5).enumerated().map { index, event in
            try Event(
                dot: event.dot, key: event.key, context: event.context, time: event.time, body: event.body, kind: event.kind,
                note: index % 3 == 0 ? nil : Note(utf8: notes[index % notes.count].utf8))
        }
        _ = try store.replica.ingest(events)
        try Self.compare(store.replica, "rows")
        try store.replica.checkpoint()
        try Self.compare(store.replica, "packed")
        for takesNotes in [true, false] {
            var (blocks, count) = (0, 0)
            var table = RecordTable()
            var foreign = ForeignBlocks(takesNotes: takesNotes)
            let cursor = try Replica.blocks(of: store.replica.log)
            while let block = try Replica.next(cursor) {
                blocks += 1
                let isFit = foreign.check(block.header, block.bytes, for: &table) { _, _ in }
                try table.fold(block.header, block.bytes)
                if isFit { foreign.folded(by: table) }
                count += isFit ? 1 : 0
            }
            #expect(blocks > 1 && count == (takesNotes ? blocks : 0))
        }
    }
}
