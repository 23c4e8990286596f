internal import EventCore
internal import LogStore

/// What an event changed, found from its place in the log by looking back along its record, no further than it takes.
extension Replica {
    /// The audit's entry of the event at `position`. Mostly a few events of the record are looked at, at worst all.
    func auditEntry(_ step: LoggedRow) throws(ReplicaError) -> AuditEntry {
        let (row, key) = (step.row, step.row.key)
        var scope = TrailScope(of: row, in: table.fieldNames(of: key.collection))
        let now = try place(of: key).map { (place) throws(ReplicaError) in try recordWithoutTimes(at: place) }
        if let newer = try rows(of: key, behind: step.position), now?.tombstones.isEmpty == true {
            for row in newer { scope.takeIn(row) }
        } else {
            scope.takeInAll()
        }
        var steps: [LoggedRow] = []
        var next = try position(before: step.position)
        while let position = next, !scope.isSettled {
            steps.append(LoggedRow(position: position, row: try self.row(at: position)))
            scope.look(at: steps[steps.count - 1].row)
            next = try self.position(before: position)
        }
        // What nobody has written since is as it is now.
        let isContestedElsewhere = now?.fields.contains { $0.isContested && !scope.contains($0.field) } ?? false
        return Self.auditEntry(step, behind: steps.reversed(), isContestedElsewhere: isContestedElsewhere)
    }

    /// The record's events behind a position; nil where there are too many to look at.
    private func rows(of key: RecordKey, behind position: Position) throws(ReplicaError) -> [BlockReader.Row]? {
        guard let place = try place(of: key) else { return nil }
        var rows: [BlockReader.Row] = []
        var next: Position? = table.newestPosition(at: place)
        while let later = next, later > position {
            if rows.count == Self.newerLimit { return nil }
            rows.append(try row(at: later))
            next = try self.position(before: later)
        }
        return rows
    }

    private func position(before position: Position) throws(ReplicaError) -> Position? {
        try reading { (table) throws(CheckpointDamage) in try table.position(before: position) }
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

    /// Of so many later events it is looked at what they wrote; beyond that all fields are.
    private static var newerLimit: Int { 50 }
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

    mutating func takeInAll() { isAll = true }

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
