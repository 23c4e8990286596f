internal import EventCore

/// Whose entry an undo's entry stands for: it brought that one back. So undoing twice, or once more after a redo, overwrites nothing that moved on.
struct UndoOrigins {
    private let history: [Event]
    private let byDot: [Dot: Event]
    private let chain: UndoChain
    /// Of an event its record as its writer saw it.
    private var seen: [Dot: Record?] = [:]

    init(_ history: [Event], _ chain: UndoChain) {
        self.history = history
        self.chain = chain
        byDot = Dictionary(uniqueKeysWithValues: history.map { ($0.dot, $0) })
    }

    /// Whether the entry, or with no field the delete, is one of these events' or stands for one.
    mutating func stands(_ version: Version, in field: Name?, for own: Set<Dot>) throws(ReplicaError) -> Bool {
        var rest = [version.dot]
        var looked: Set<Dot> = []
        while let dot = rest.popLast() {
            if own.contains(dot) { return true }
            guard looked.insert(dot).inserted, let undone = byDot[dot]?.undoes, let record = try before(chain.act(of: undone)) else {
                continue
            }
            if let field {
                let held = record.fields.first { $0.field == field }?.versions ?? []
                rest += held.filter { $0.value == version.value }.map(\.dot)
            } else {
                rest += record.tombstones
            }
        }
        return false
    }

    private mutating func before(_ dot: Dot) throws(ReplicaError) -> Record? {
        if let known = seen[dot] { return known }
        guard let event = byDot[dot] else { return nil }
        let record = try RecordFold.folded(history.filter { event.context.covers($0.dot) }, event.key)
        seen[dot] = .some(record)
        return record
    }
}
