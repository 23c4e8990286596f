internal import EventCore
internal import LogStore

/// Decides about events before anything is written: what the store would be after them, without touching it.
///
/// Holds the shapes of the records concerned and packs the admitted events into blocks.
struct Admission<Storage: Volume> {
    private let replica: Replica<Storage>
    private var shapes: [RecordKey: RecordShape] = [:]
    /// Contexts of the events of a record, read from its history when a foreign context is neither the clock nor empty.
    private var contexts: [RecordKey: [Dot: VersionVector]] = [:]
    /// Of the events admitted here, by record: part of `contexts` once that was asked for.
    private var admitted: [RecordKey: [Event]] = [:]
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
        var shape = RecordShape()
        if let place = try replica.place(of: key) {
            shape = RecordShape(
                clock: replica.table.clock(at: place), form: replica.table.clockForm(at: place), heads: replica.table.heads(at: place))
        }
        shapes[key] = shape
        return shape
    }

    /// The first event that must come before this one; nil when everything has.
    func missing(before event: Event) -> Dot? {
        let device = event.dot.device
        if applied[device] + 1 < event.dot.seq { return Dot(device: device, seq: event.dot.seq - 1) }
        return event.context.entries.first { !applied.covers($0) }
    }

    /// Admits an event before which nothing is missing and that is not applied.
    ///
    /// - Throws: `.refused` when its context is not closed or a limit is reached; what reading history throws.
    mutating func admit(_ event: Event) throws(ReplicaError) {
        let position = UInt64(replica.table.eventCount) + UInt64(count)
        guard event.dot.seq <= Limits.foldedSeq && position < Limits.foldedSeq else { throw .refused(event.dot, .beyondLimits) }
        let shape = try shape(of: event.key)
        if event.context != shape.clock { try checkClosed(event) }
        packer.append(event, context: shape.form(of: event.context))
        shapes[event.key]?.add(event.dot, context: event.context)
        applied.advance(to: event.dot)
        if contexts[event.key] != nil {
            contexts[event.key]?[event.dot] = event.context
        } else {
            admitted[event.key, default: []].append(event)
        }
        count += 1
    }

    mutating func takeFullBlocks() -> [LogBlock] { packer.takeFull() }

    mutating func finishBlocks() -> [LogBlock] { packer.finish() }

    /// Each entry of the context names an event of the record, and covers what that one had seen.
    private mutating func checkClosed(_ event: Event) throws(ReplicaError) {
        guard !event.context.isEmpty else { return }
        if contexts[event.key] == nil {
            var known: [Dot: VersionVector] = [:]
            for logged in try replica.history(of: event.key) { known[logged.event.dot] = logged.event.context }
            for earlier in admitted[event.key] ?? [] { known[earlier.dot] = earlier.context }
            contexts[event.key] = known
        }
        for entry in event.context.entries {
            guard let seen = contexts[event.key]?[entry], seen.isCovered(by: event.context) else {
                throw .refused(event.dot, .unclosedContext(entry))
            }
        }
    }
}
