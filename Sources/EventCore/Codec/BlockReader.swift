/// Reads a block's events one by one as values, checking everything: for foreign blocks, history and tools.
///
/// The fold reads the same bytes by itself (`RecordTable.fold`). Layout: EventFormat.md.
package struct BlockReader {
    /// One event as its row has it; the context may stand for more than is written.
    package struct Row: Hashable, Sendable {
        package let dot: Dot
        package let key: RecordKey
        package let context: ContextForm
        package let time: HybridTime
        package let body: EventBody
        package let kind: EventKind
        package let undoes: Dot?
        package let epoch: UInt64
        package let note: Note?
        package let isCritical: Bool

        /// The event, once its whole context is known.
        package func event(context: VersionVector) throws(EventError) -> Event {
            try Event(
                dot: dot, key: key, context: context, time: time, body: body, kind: kind, undoes: undoes, epoch: epoch, note: note,
                isCritical: isCritical)
        }
    }

    /// What an event is called, and when it was written.
    package struct Stamp: Hashable, Sendable {
        package let dot: Dot
        package let time: HybridTime

        init(_ dot: Dot, _ milliseconds: UInt64, tick: UInt64, offset: Int) throws(BlockError) {
            guard let tick = UInt16(exactly: tick) else { throw .malformed(offset: offset) }
            self.dot = dot
            do { time = try HybridTime(milliseconds: milliseconds, tick: tick) } catch { throw .malformed(offset: offset) }
        }
    }

    package let header: BlockHeader
    private var rows: RowBlockReader?
    private var packed: PackedBlockReader?

    /// Opens a block whose checksum `header` has checked; the bytes must outlive the reader.
    package init(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        self.header = header
        switch header.encoding {
        case .rows: rows = try RowBlockReader(header, block)
        case .packed: packed = try PackedBlockReader(header, block)
        }
    }

    /// Opens a block, checking its checksum.
    package init(_ block: UnsafeRawBufferPointer) throws(BlockError) {
        try self.init(try BlockHeader(checking: block), block)
    }

    /// The devices whose events the block holds, in their order, each with its first and last seq, before any row has been read.
    ///
    /// Looks at each row: a device's base says nothing about its events when a context mentioned it before its first one.
    package var authors: [DeviceRange] {
        var reader = self
        var places: [DeviceID: Int] = [:]
        var ranges: [DeviceRange] = []
        while let dot = try? reader.skip() {
            if let place = places[dot.device] {
                let known = ranges[place]
                ranges[place] = DeviceRange(device: dot.device, first: min(known.first, dot.seq), last: max(known.last, dot.seq))
            } else {
                places[dot.device] = ranges.count
                ranges.append(DeviceRange(device: dot.device, first: dot.seq, last: dot.seq))
            }
        }
        return ranges.sorted { $0.device < $1.device }
    }

    /// The next event; nil behind the last.
    package mutating func next() throws(BlockError) -> Row? {
        if packed != nil { return try packed?.next() ?? nil }
        return try rows?.next() ?? nil
    }

    /// Steps over `step` events, of which there must be so many.
    package mutating func skip(_ step: Int) throws(BlockError) {
        if packed != nil {
            try packed?.skip(step)
        } else {
            for _ in 0..<step { guard try rows?.skip() != nil else { throw .malformed(offset: 0) } }
        }
    }

    /// The number of the event `dot` in the block, counted from 0; nil when it is none of the block's. Asked before any event has been read.
    package func number(of dot: Dot) throws(BlockError) -> Int? {
        if let packed { return try packed.number(of: dot) }
        var (reader, number) = (self, 0)
        while let next = try reader.skip() {
            if next == dot { return number }
            number += 1
        }
        return nil
    }

    /// Steps over an event; nil behind the last.
    package mutating func skip() throws(BlockError) -> Dot? { try skipStamped()?.dot }

    /// The same, with its time.
    package mutating func skipStamped() throws(BlockError) -> Stamp? {
        if packed != nil { return try packed?.skip() ?? nil }
        return try rows?.skip() ?? nil
    }
}
