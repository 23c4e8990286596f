package import EventCore
internal import LogStore

/// Events of a block of the log as lines of canonical JSON, one behind the other.
package struct EventLines {
    /// An event's name, and where its line ends behind its \n.
    package struct Line {
        package let dot: Dot
        package let end: Int
    }

    /// All lines.
    package private(set) var bytes: [UInt8] = []
    /// In the order of the log.
    package private(set) var lines: [Line] = []

    /// Calls `body` with each event's name and canonical form.
    package func forEach(_ body: (Dot, UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for line in lines {
                body(line.dot, UnsafeRawBufferPointer(rebasing: bytes[start..<(line.end - 1)]))
                start = line.end
            }
        }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    mutating func append(_ dot: Dot, _ canonical: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: canonical)
        bytes.append(0x0A)
        lines.append(Line(dot: dot, end: bytes.count))
    }
}

extension Replica {
    /// Calls `body` with the events of the log as lines, a block's at a time, oldest first, until it returns false.
    ///
    /// - Throws: `.log` or `.malformedBlock`.
    package func eventLines(_ body: (EventLines) throws(ReplicaError) -> Bool) throws(ReplicaError) {
        try Self.eventLines(of: log, body)
    }

    /// The same of a log that nobody has opened as a store.
    ///
    /// What contexts stand for is known from records that are folded on the way, into a table of their own.
    ///
    /// - Parameter waiting: called with the blocks of waiting events.
    static func eventLines(
        of log: EventLog<Storage>, waiting: (BlockView) throws(ReplicaError) -> Void = { _ in },
        _ body: (EventLines) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) {
        var writer = EventLineWriter<Storage>(expectedEvents: log.end.index)
        let cursor = try blocks(of: log)
        while let block = try next(cursor) {
            switch block.header.kind {
            case .waiting: try waiting(block)
            case .events:
                try writer.write(block)
                guard try body(writer.lines) else { return }
            }
        }
    }
}

/// Writes a log's events as lines, block by block: from a packed block's columns, where these say all of its events; of others events are made.
struct EventLineWriter<Storage: Volume>: ~Copyable {
    private(set) var lines = EventLines()
    /// Whether events were made of the last block.
    private(set) var isFromEvents = false
    private var table: RecordTable
    private var foreign: ForeignBlocks

    init(expectedEvents: UInt64) {
        table = RecordTable(expectedEvents: expectedEvents)
        foreign = ForeignBlocks(rememberedEvents: Int(expectedEvents), takesNotes: true)
    }

    /// Makes the next block's events the lines.
    mutating func write(_ block: BlockView) throws(ReplicaError) {
        lines.removeAll()
        let isWritten = foreign.check(block.header, block.bytes, for: &table) { event, devices in
            lines.append(Dot(device: devices[event.device], seq: event.seq), UnsafeRawBufferPointer(event.text))
        }
        isFromEvents = !isWritten
        let seqsBefore = isWritten ? [] : try writeEvents(of: block)
        try Replica<Storage>.naming(block.first) { () throws(BlockError) in try table.fold(block.header, block.bytes) }
        if isFromEvents { foreign.passedOver(seqsBefore, by: table) } else { foreign.folded(by: table) }
    }

    /// Makes events of the block's rows; returns what later blocks want to know of each: see `ForeignBlocks.passedOver`.
    private mutating func writeEvents(of block: BlockView) throws(ReplicaError) -> [UInt32] {
        lines.removeAll()
        var (clocks, writer, seqsBefore) = ([RecordKey: VersionVector](), JSONWriter(), [UInt32]())
        for (index, row) in try Replica<Storage>.rows(in: block.header, block.first, block.bytes).enumerated() {
            var clock = clocks.removeValue(forKey: row.key) ?? clock(of: row.key)
            let hasSeenClock = if case .whole(let context) = row.context { context == clock } else { true }
            seqsBefore.append(hasSeenClock ? UInt32(exactly: clock[row.dot.device]) ?? ForeignBlocks.unknown : ForeignBlocks.unknown)
            let event = try LoggedRow(position: Position(block.first.index + UInt64(index)), row: row).event(clock: &clock).event
            clocks[row.key] = clock
            writer.removeAll()
            event.write(to: &writer)
            writer.bytes.withUnsafeBytes { lines.append(event.dot, $0) }
        }
        return seqsBefore
    }

    /// The record's clock before the block.
    private func clock(of key: RecordKey) -> VersionVector {
        do throws(CheckpointDamage) { return try table.place(of: key).map { table.clock(at: $0) } ?? VersionVector() } catch {
            preconditionFailure("what was folded has no checkpoint")
        }
    }
}
