/// One immutable change to one record by one device.
public struct Event: Hashable, Sendable {
    /// The event's name.
    public let dot: Dot
    /// The record that it changes.
    public let key: RecordKey
    /// The version vector of the record as the writer saw it: its own earlier events included, `dot` not.
    public let context: VersionVector
    /// When it was written, for people.
    public let time: HybridTime
    /// What it does.
    public let body: EventBody
    /// Why it was written.
    public let kind: EventKind
    /// The event that this `undo` undoes.
    public let undoes: Dot?
    /// The master lease under which it was written; 0 when there was none.
    public let epoch: UInt64
    /// The writer's reason.
    public let note: Note?
    /// Whether connected devices must get it at once and acknowledge it.
    public let isCritical: Bool

    /// Checks what one event can be checked for by itself; the size is checked where the canonical form is made.
    ///
    /// - Throws: the first rule of `EventError` that does not hold.
    public init(
        dot: Dot, key: RecordKey, context: VersionVector, time: HybridTime, body: EventBody, kind: EventKind = .edit,
        undoes: Dot? = nil, epoch: UInt64 = 0, note: Note? = nil, isCritical: Bool = false
    ) throws(EventError) {
        guard dot.seq >= 1 && dot.seq <= Limits.seq else { throw .seqOutOfRange }
        guard context[dot.device] < dot.seq else { throw .contextCoversDot }
        guard epoch <= Limits.seq else { throw .epochOutOfRange }
        guard (undoes == nil) || kind == .undo else { throw .undoesWithoutUndo }
        self.dot = dot
        self.key = key
        self.context = context
        self.time = time
        self.body = body
        self.kind = kind
        self.undoes = undoes
        self.epoch = epoch
        self.note = note
        self.isCritical = isCritical
    }

    /// What decides which entry of a contested field is shown.
    public var rank: Rank { Rank(time: time, dot: dot) }
}
