internal import EventCore
internal import LogStore

/// What an event changed, found from its place in the log by looking back along its record, no further than it takes.
extension Replica {
    /// The audit's entry of an event of the log. Mostly a few events of the record are looked at.
    func auditEntry(_ step: LoggedRow) throws(ReplicaError) -> AuditEntry {
        let past = try RecordPast(self, step.row.key, near: step.position)
        guard let number = try past.number(at: step.position), try past.has(number) else {
            preconditionFailure("a past has the events of its record")
        }
        return try auditEntry(step, number, in: past)
    }

    /// The same for the event of a number of its record's past, which has been read.
    func auditEntry(_ step: LoggedRow, _ number: Int, in past: RecordPast<Storage>) throws(ReplicaError) -> AuditEntry {
        if past.isFromNewest, number <= Self.newerLimit, let now = try recordWithoutTimes(step.row.key), now.tombstones.isEmpty {
            return try auditEntry(number, in: past, now)
        }
        var fold = FieldFold(try BackwardFold(of: .from(number + 1), in: past))
        return try fold.entry(of: step) { () throws(ReplicaError) in (past, number) }
    }

    /// The past of a record from one of its events back, which has been read.
    func past(of key: RecordKey, from position: Position) throws(ReplicaError) -> RecordPast<Storage> {
        let past = try RecordPast(self, key, from: position)
        guard try past.has(0) else { preconditionFailure("a past has the event that it begins with") }
        return past
    }

    /// Calls `body` with the entries of a record's events with these numbers, or of those alone that are wanted among them, oldest first, until it returns false: each event is read once, and handed on at once.
    ///
    /// - Returns: what `body` returned last.
    func trail(
        of past: RecordPast<Storage>, _ numbers: Range<Int>, _ wanted: Set<Int>?, _ body: (AuditEntry) throws -> Bool
    ) throws -> Bool {
        var fold = FieldFold(try BackwardFold(of: .from(numbers.upperBound), in: past))
        var rest = numbers
        while let oldest = rest.last, let position = try past.position(oldest) {
            let block = try block(containing: position)
            var (positions, newest) = ([position], oldest)
            while newest > rest.lowerBound, let newer = try past.position(newest - 1), block.contains(newer) {
                positions.append(newer)
                newest -= 1
            }
            rest = rest.lowerBound..<newest
            for (index, row) in try rows(at: positions[...], in: block).enumerated() {
                let number = oldest - index
                guard wanted?.contains(number) ?? true else {
                    fold.apply(row)
                    continue
                }
                let entry = try fold.entry(of: LoggedRow(position: positions[index], row: row)) { () throws(ReplicaError) in
                    _ = try past.has(number)
                    return (past, number)
                }
                guard try body(entry) else { return false }
            }
        }
        return true
    }

    /// The entry of an event of one of the newest numbers, of a record that is now `now`, without live deletes.
    private func auditEntry(_ number: Int, in past: RecordPast<Storage>, _ now: Record) throws(ReplicaError) -> AuditEntry {
        let step = past.step(number)
        var scope = TrailScope(of: step.row, in: table.fieldNames(of: past.key.collection))
        for newer in 0..<number where try past.has(newer) { scope.takeIn(past.row(newer)) }
        var end = number + 1
        while !scope.isSettled, try past.has(end) {
            scope.look(at: past.row(end))
            end += 1
        }
        // What nobody has written since is as it is now.
        let isContestedElsewhere = now.fields.contains { $0.isContested && !scope.contains($0.field) }
        return Self.auditEntry(step, behind: ((number + 1)..<end).reversed().map(past.step), isContestedElsewhere: isContestedElsewhere)
    }

    /// The entry of an event given those of its record before it, oldest first.
    static func auditEntry(_ step: LoggedRow, behind earlier: some Collection<LoggedRow>, isContestedElsewhere: Bool = false) -> AuditEntry
    {
        var (seen, all) = (FieldFold(), FieldFold())
        for other in earlier {
            if step.row.covers(other.row.dot) { seen.apply(other.row) }
            all.apply(other.row)
        }
        all.apply(step.row)
        return AuditEntry(
            position: step.position, row: step.row, changes: AuditEntry.changes(by: step.row, in: seen),
            concurrentWith: earlier.map(\.row.dot).filter { !step.row.covers($0) },
            leavesConflict: isContestedElsewhere || all.isContested)
    }

    /// Of so many later events it is looked at what they wrote; beyond that the whole record is folded.
    private static var newerLimit: Int { 50 }
}

extension FieldFold {
    /// Goes on with the record's next event in the log, and says what it changed.
    ///
    /// - Parameter past: the record's events from this one or a newer one back, and its number there; asked for only where its writer had not seen all that stands before it.
    mutating func entry<Storage: Volume>(
        of step: LoggedRow, in past: () throws(ReplicaError) -> (RecordPast<Storage>, Int)
    ) throws(ReplicaError) -> AuditEntry {
        var (changes, concurrent) = ([AuditEntry.Change](), [Dot]())
        if step.row.coversAll || isEmpty {
            changes = AuditEntry.changes(by: step.row, in: self)
        } else {
            let (past, number) = try past()
            changes = AuditEntry.changes(by: step.row, in: try past.seen(by: number))
            concurrent = try past.unseen(by: number)
        }
        apply(step.row)
        return AuditEntry(
            position: step.position, row: step.row, changes: changes, concurrentWith: concurrent, leavesConflict: isContested)
    }

    /// Goes on where a fold of earlier events ends.
    init(_ fold: BackwardFold) { self.init(fold.entries, fold.tombstones) }
}

extension RecordPast {
    /// The record as the writer of an event saw it, in the fields that the event wrote; for a delete in all.
    fileprivate func seen(by number: Int) throws(ReplicaError) -> FieldFold {
        let row = row(number)
        return FieldFold(try BackwardFold(of: .seenBy([number]), in: self, fields: row.body == .delete ? nil : Set(row.fields)))
    }

    /// The events before this one in the log that its writer had not seen, oldest first.
    fileprivate func unseen(by number: Int) throws(ReplicaError) -> [Dot] {
        var (unseen, other) = ([Dot](), number + 1)
        while !coversAll(number, from: other) {
            if let state = try state(at: other), covers(number, state.clock) { break }
            guard try has(other) else { break }
            if !covers(number, other) { unseen.append(row(other).dot) }
            other += 1
        }
        return unseen.reversed()
    }
}

/// How far back one has to look to say what fields held: until each has been written by somebody who had seen everything before.
struct TrailScope {
    private let row: BlockReader.Row
    /// All fields of the collection; nil where nobody knows them all.
    private let all: [Name]?
    private var fields: Set<Name>
    private var isAll: Bool
    private var settled: Set<Name> = []
    /// Whether no earlier delete can stand, and no earlier event be concurrent.
    private var isClosed: Bool
    private var isBehindDelete = false

    init(of row: BlockReader.Row, in all: [Name]?) {
        self.row = row
        self.all = all
        fields = Set(row.fields)
        isAll = row.body == .delete
        isClosed = row.coversAll
    }

    /// The later event may have ended a conflict that stood.
    mutating func takeIn(_ later: BlockReader.Row) {
        fields.formUnion(later.fields)
        if later.body == .delete { isAll = true }
    }

    func contains(_ field: Name) -> Bool { isAll || fields.contains(field) }

    mutating func look(at earlier: BlockReader.Row) {
        if earlier.body == .delete { isAll = true }
        guard earlier.coversAll, row.covers(earlier.dot) else { return }
        isClosed = true
        settled.formUnion(earlier.fields)
        if earlier.body == .delete { isBehindDelete = true }
    }

    var isSettled: Bool {
        guard isClosed, !isBehindDelete else { return isClosed }
        guard isAll else { return fields.isSubset(of: settled) }
        return all.map { settled.isSuperset(of: $0) } ?? false
    }
}
