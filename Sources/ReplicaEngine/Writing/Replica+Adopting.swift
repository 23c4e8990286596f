package import EventCore
internal import LogStore

extension Replica {
    /// Takes in events that their maker vouches for: none is here yet, causes come before effects, contexts are closed.
    ///
    /// The sealed log is to the byte what `ingest` gives; no time is spent on proving what a generator knows. Never for events from elsewhere. Nothing may wait here.
    ///
    /// - Throws: `.log` when the disk refused.
    package func adopt(_ events: [Event]) throws(ReplicaError) {
        precondition(waiting.events.isEmpty)
        var shapes: [RecordKey: RecordShape] = [:]
        var packer = BlockPacker(kind: .events)
        var blocks: [LogBlock] = []
        for event in events {
            var shape = if let known = shapes.removeValue(forKey: event.key) { known } else { try shape(of: event.key) }
            packer.append(event, context: shape.form(of: event.context))
            shape.add(event.dot, context: event.context)
            shapes[event.key] = shape
            blocks += packer.takeFull()
            if blocks.count >= Self.adoptedBlocks {
                try write(blocks)
                blocks = []
            }
        }
        try write(blocks + packer.finish())
        noteTimes(events.map(\.time))
        try tidy()
    }

    /// A commit of adopted events has so many blocks.
    private static var adoptedBlocks: Int { 32 }

    /// The record's shape as it stands; an empty one when it has no event.
    func shape(of key: RecordKey) throws(ReplicaError) -> RecordShape {
        guard let place = try place(of: key) else { return RecordShape() }
        return RecordShape(clock: table.clock(at: place), form: table.clockForm(at: place), heads: table.heads(at: place))
    }
}
