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

    /// How many of a log's blocks are let through when the tenth is not, and somebody takes note of that or does not.
    private static func letThrough(_ replica: Replica<FaultyVolume>, takingNote: Bool) throws -> Int {
        var (number, count) = (0, 0)
        var table = RecordTable()
        var foreign = ForeignBlocks()
        let cursor = try Replica.blocks(of: replica.log)
        while let block = try Replica.next(cursor) {
            number += 1
            let isFit = number != 10 && foreign.check(block.header, block.bytes, for: &table) { _, _ in }
            try table.fold(block.header, block.bytes)
            if isFit {
                foreign.folded(by: table)
                count += 1
            } else if takingNote {
                foreign.passedOver(block.header.count, by: table)
            }
        }
        #expect(number > 15)
        return count
    }

    @Test func `behind a block of which events were made, others are written from columns as before`() throws {
        let replica = try Store(9, wall: 0).replica
        try replica.adopt(Array(WorkloadW(events: 20_000, seed: 3)))
        try replica.checkpoint()
        #expect(try Self.letThrough(replica, takingNote: true) > Self.letThrough(replica, takingNote: false))
    }
}
