internal import EventCore
internal import LogStore

/// Decides about events before anything is written: what the store would be after them, without touching it.
///
/// Holds the shapes of the records concerned and packs the admitted events into blocks.
struct Admission<Storage: Volume> {
    private let replica: Replica<Storage>
    private var shapes: [RecordKey: RecordShape] = [:]
    private(set) var applied: VersionVector
    private(set) var packer = BlockPacker(kind: .events)
    private(set) var count = 0

    init(_ replica: Replica<Storage>) {
        self.replica = replica
        applied = replica.table.versionVector
    }

    /// The record's shape after what has been admitted.
    mutating func shape(of key: RecordKey) throws(ReplicaError) -> RecordShape {
        if let shape = shapes[key] { return shape }
        let shape = try replica.shape(of: key)
        shapes[key] = shape
        return shape
    }

    /// Admits the next event of its device, whose context is one that the record had.
    ///
    /// - Throws: `.refused` when a limit is reached.
    mutating func admit(_ event: Event) throws(ReplicaError) {
        let position = UInt64(replica.table.eventCount) + UInt64(count)
        guard event.dot.seq <= Limits.foldedSeq && position < replica.table.capacity.events else {
            throw .refused(event.dot, .beyondLimits)
        }
        let shape = try shape(of: event.key)
        packer.append(event, context: shape.form(of: event.context))
        shapes[event.key]?.add(event.dot, context: event.context)
        applied.advance(to: event.dot)
        count += 1
    }

    mutating func finishBlocks() -> [LogBlock] { packer.finish() }
}
