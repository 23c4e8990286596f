internal import EventCore
internal import LogStore

/// What an event changed, found from its place in the log by looking back along its record, no further than it takes.
extension Replica {
    /// The audit's entry of an event of the log. Mostly a few events of the record are looked at, at worst all.
    func auditEntry(_ step: LoggedRow) throws(ReplicaError) -> AuditEntry {
        let key = step.row.key
        if let past = try RecordPast(self, key) {
            for number in 0...Self.newerLimit {
                guard try past.has(number), past.step(number).position >= step.position else { break }
                if past.step(number).position == step.position { return try auditEntry(number, in: past) }
            }
        }
        let own = try RecordPast(self, key, from: step.position)
        guard try own.has(0) else { preconditionFailure("a past has the event that it begins with") }
        return try auditEntry(0, in: own, hasNewer: true)
    }

    /// The same of an event that has a number.
    ///
    /// - Parameter hasNewer: whether the past begins with another one than the record's newest event.
    func auditEntry(_ number: Int, in past: RecordPast<Storage>, hasNewer: Bool = false) throws(ReplicaError) -> AuditEntry {
        let step = past.step(number)
        var scope = TrailScope(of: step.row, in: table.fieldNames(of: past.key.collection))
        let now = try recordWithoutTimes(past.key)
        if !hasNewer, number <= Self.newerLimit, now?.tombstones.isEmpty == true {
            for newer in 0..<number { scope.takeIn(past.row(newer)) }
        } else {
            scope.takeInAll()
        }
        var end = number + 1
        while !scope.isSettled, try past.has(end) {
            scope.look(at: past.row(end))
            end += 1
        }
        // What nobody has written since is as it is now.
        let isContestedElsewhere = now?.fields.contains { $0.isContested && !scope.contains($0.field) } ?? false
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
