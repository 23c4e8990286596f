internal import EventCore
internal import LogStore

/// Whose entry an undo's entry stands for: it brought that one back. So undoing twice, or once more after a redo, overwrites nothing that moved on.
struct UndoOrigins<Storage: Volume> {
    let past: RecordPast<Storage>

    /// Whether the entry, or with no field the delete, is one of these events' or stands for one.
    func stands(_ version: Version, in field: Name?, for own: Set<Dot>) throws(ReplicaError) -> Bool {
        var rest = [version.dot]
        var looked: Set<Dot> = []
        while let dot = rest.popLast() {
            if own.contains(dot) { return true }
            if looked.insert(dot).inserted { rest += try broughtBack(by: dot, version.value, in: field) }
        }
        return false
    }

    /// The event whose entry an undo's brought back, behind however many undos; nil where it is no undo's or brought none back. With no field a delete.
    func origin(of version: Version, in field: Name?) throws(ReplicaError) -> Dot? {
        var dot = version.dot
        var looked: Set<Dot> = []
        while looked.insert(dot).inserted, let earlier = try broughtBack(by: dot, version.value, in: field).max() { dot = earlier }
        return dot == version.dot ? nil : dot
    }

    /// The entries with this value, or deletes, that an undo's event found where it looked, and of several the one in its place; none of what is no undo.
    func broughtBack(by dot: Dot, _ value: FieldValue?, in field: Name?) throws(ReplicaError) -> [Dot] {
        let alike = try found(by: dot, value, in: field)
        return try paired(dot, among: alike) { row in row.entries.contains { $0 == (field, value) } }
    }

    /// The same before one is told from another.
    func found(by dot: Dot, _ value: FieldValue?, in field: Name?) throws(ReplicaError) -> [Dot] {
        // Most are no undo's, and need not be walked to.
        guard let target = try past.logged(dot)?.row.undoes, let undone = try past.number(of: target) else { return [] }
        let seen = PastCut.seenBy([try past.act(of: undone)[0]])
        guard let field else { return try BackwardFold(of: seen, in: past, fields: []).tombstones.sorted() }
        return try past.versions(of: field, in: seen).filter { $0.value == value }.map(\.dot)
    }

    /// Where an act brought back several that are alike, the one that its event stands for: both are in the order of their ranks.
    private func paired(
        _ dot: Dot, among alike: [Dot], _ isAlike: (BlockReader.Row) -> Bool
    ) throws(ReplicaError) -> [Dot] {
        guard alike.count > 1, let number = try past.number(of: dot) else { return alike }
        let own = try past.act(of: number).filter { isAlike(past.row($0)) }
        var ranked: [Rank] = []
        for dot in alike {
            guard let row = try past.logged(dot)?.row else { return alike }
            ranked.append(Rank(time: row.time, dot: dot))
        }
        guard own.count == ranked.count, let place = own.firstIndex(of: number) else { return alike }
        return [ranked.sorted()[place].dot]
    }
}

extension BlockReader.Row {
    /// What it writes; nil as a value is *removed*, and as a field the delete.
    var entries: [(field: Name?, value: FieldValue?)] {
        switch body {
        case .delete: [(nil, nil)]
        case .write(let set, let unset): set.map { ($0.field, $0.value) } + unset.map { ($0, nil) }
        }
    }
}
