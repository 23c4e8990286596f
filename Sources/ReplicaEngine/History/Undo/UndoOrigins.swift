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
            if looked.insert(dot).inserted { rest += try broughtBack(by: dot, version.value, in: field) }
        }
        return false
    }

    /// The event whose entry an undo's brought back, behind however many undos; nil where it is no undo's or brought none back. With no field a delete.
    mutating func origin(of version: Version, in field: Name?) throws(ReplicaError) -> Dot? {
        var dot = version.dot
        var looked: Set<Dot> = []
        while looked.insert(dot).inserted, let earlier = try broughtBack(by: dot, version.value, in: field).max() { dot = earlier }
        return dot == version.dot ? nil : dot
    }

    /// The entries with this value, or deletes, that an undo's event found where it looked; none of what is no undo.
    private mutating func broughtBack(by dot: Dot, _ value: FieldValue?, in field: Name?) throws(ReplicaError) -> [Dot] {
        guard let undone = byDot[dot]?.undoes, let record = try before(chain.act(of: undone)) else { return [] }
        guard let field else { return record.tombstones }
        return record.fields.first { $0.field == field }?.versions.filter { $0.value == value }.map(\.dot) ?? []
    }

    private mutating func before(_ dot: Dot) throws(ReplicaError) -> Record? {
        if let known = seen[dot] { return known }
        guard let event = byDot[dot] else { return nil }
        let record = try RecordFold.folded(history.filter { event.context.covers($0.dot) }, event.key)
        seen[dot] = .some(record)
        return record
    }
}
