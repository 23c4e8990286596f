package import EventCore

/// A record as it is read: the fold, and what policies make of its conflict. Never part of the canonical dump.
package struct DecidedRecord: Hashable, Sendable {
    package let record: Record
    /// What is contested, where the collection has policies that might decide it; nil otherwise.
    package let conflict: Conflict?

    package init(record: Record, conflict: Conflict?) {
        self.record = record
        self.conflict = conflict
    }

    package var key: RecordKey { record.key }
    /// Whether the record is gone for whoever reads it.
    package var isDeleted: Bool { conflict?.isDeleted ?? record.isDeleted }
    /// Whether a person has to decide something.
    package var isOpen: Bool { conflict?.isOpen ?? record.isContested }
    /// Whether delete stands against edit and no policy decides it.
    package var isDeletionOpen: Bool { conflict?.isDeletionOpen ?? record.isDeleteAgainstEdit }
    /// Every field that shows a value, sorted by name: what policies decide, else the entry of the greatest rank.
    package var shown: [FieldWrite] { conflict?.shown ?? record.shown }
    /// The fields that a person has to decide, each with its entries, sorted by name.
    package var open: [RecordField] {
        guard let conflict else { return record.fields.filter(\.isContested) }
        return conflict.openFields.map { RecordField(field: $0.field, versions: $0.versions.sorted { $0.dot < $1.dot }) }
    }

    /// The entries that what is shown for a field comes from, greatest rank first: one, or all that hold the value that a policy decided, or where it made one of its own, all
    /// that it made it from. None where the field shows nothing and was not removed.
    package func versionsBehind(_ field: Name) -> [Version] {
        if let contested = conflict?.fields.first(where: { $0.field == field }), !contested.decision.isOpen {
            let value: FieldValue? = if case .value(let value) = contested.decision { value } else { nil }
            let alike = contested.versions.filter { $0.value == value }
            return alike.isEmpty ? contested.versions : alike
        }
        for record in [record] + (conflict?.winner.map { [$0.record] } ?? []) {
            if let held = record.fields.first(where: { $0.field == field }) { return [record.shownVersion(held)] }
        }
        return []
    }

    /// The fields that show a value, are open, or were removed, sorted; of a record that is gone only those that were removed.
    package var fields: [Name] {
        let removed = record.fields.map(\.field).filter { versionsBehind($0).allSatisfy { $0.value == nil } }
        return Set(shown.map(\.field)).union(open.map(\.field)).union(removed).sorted()
    }

    /// The value that is shown for a field; nil when there is none.
    package func shown(_ field: Name) -> FieldValue? {
        conflict == nil ? record.shown(field) : shown.first { $0.field == field }?.value
    }
}
