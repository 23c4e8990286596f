package import EventCore

/// One line of the audit trail: an event, what it changed from what, and whether somebody else was writing at the same time.
package struct AuditEntry: Hashable, Sendable {
    package struct Change: Hashable, Sendable {
        package let field: Name
        /// The values that the writer saw; none when the field was absent.
        package let before: [FieldValue]
        /// nil when the field was removed.
        package let after: FieldValue?
    }

    package let position: Position
    package let row: BlockReader.Row
    /// Sorted by field.
    package let changes: [Change]
    /// Earlier events of the record in this log that the writer had not seen, oldest first.
    package let concurrentWith: [Dot]
    /// Whether the record is in conflict right after it, in this log.
    package let leavesConflict: Bool

    init(position: Position, row: BlockReader.Row, changes: [Change], concurrentWith: [Dot] = [], leavesConflict: Bool) {
        self.position = position
        self.row = row
        self.changes = changes
        self.concurrentWith = concurrentWith
        self.leavesConflict = leavesConflict
    }

    /// What an event changed, sorted by field.
    ///
    /// - Parameter seen: the record as the writer saw it, in the fields that the event wrote; for a delete in all.
    static func changes(by row: BlockReader.Row, in seen: FieldFold) -> [Change] {
        func held(_ field: Name) -> [FieldValue] { seen.versions(of: field).sorted { $0.dot < $1.dot }.compactMap(\.value) }
        let changes: [Change] =
            switch row.body {
            case .delete:
                seen.entries.keys.map { Change(field: $0, before: held($0), after: nil) }.filter { !$0.before.isEmpty }
            case .write(let set, let unset):
                set.map { Change(field: $0.field, before: held($0.field), after: $0.value) }
                    + unset.map { Change(field: $0, before: held($0), after: nil) }
            }
        return changes.sorted { $0.field < $1.field }
    }
}
