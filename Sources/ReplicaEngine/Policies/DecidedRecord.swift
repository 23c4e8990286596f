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

    /// The value that is shown for a field; nil when there is none.
    package func shown(_ field: Name) -> FieldValue? {
        conflict == nil ? record.shown(field) : shown.first { $0.field == field }?.value
    }
}
