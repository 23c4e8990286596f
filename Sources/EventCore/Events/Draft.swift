/// What somebody wants to write: an event without dot, context and time, which the store gives it.
package struct Draft: Hashable, Sendable {
    package var key: RecordKey
    package var body: EventBody
    package var kind: EventKind
    package var undoes: Dot?
    package var epoch: UInt64
    package var note: Note?
    package var isCritical: Bool

    package init(
        key: RecordKey, body: EventBody, kind: EventKind = .edit, undoes: Dot? = nil, epoch: UInt64 = 0, note: Note? = nil,
        isCritical: Bool = false
    ) {
        self.key = key
        self.body = body
        self.kind = kind
        self.undoes = undoes
        self.epoch = epoch
        self.note = note
        self.isCritical = isCritical
    }
}
