internal import EventCore
internal import LogStore

/// Events that came before what they build on: kept in the log as waiting blocks, applied when the gap is filled.
struct WaitingEvents {
    private(set) var events: [Dot: Event] = [:]

    mutating func add(_ event: Event) { events[event.dot] = event }

    /// Leaves out what has been applied since.
    mutating func drop(coveredBy vector: @autoclosure () -> VersionVector) {
        guard !events.isEmpty else { return }
        let vector = vector()
        events = events.filter { !vector.covers($0.key) }
    }

    /// In an order that depends on nothing but the events.
    var sorted: [Event] { events.values.sorted { $0.dot < $1.dot } }

    /// The events as waiting blocks.
    var blocks: [LogBlock] {
        var packer = BlockPacker(kind: .waiting)
        for event in sorted { packer.append(event, context: .whole(event.context)) }
        return packer.finish()
    }

    /// Takes the events of a waiting block.
    ///
    /// - Throws: `BlockError` when the block is not well-formed.
    mutating func add(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        var reader = try BlockReader(header, block)
        while let row = try reader.next() {
            guard case .whole(let context) = row.context else { throw .malformed(offset: 0) }
            do throws(EventError) { add(try row.event(context: context)) } catch { throw .malformed(offset: 0) }
        }
    }
}
