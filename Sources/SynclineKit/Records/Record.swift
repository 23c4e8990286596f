internal import EventCore
internal import ReplicaEngine

/// A record as it is now.
public struct Record: Hashable, Sendable {
    /// What names it.
    public let key: RecordKey
    /// What its fields show. A contested field shows one of its values, the same on every device, until somebody settles it.
    public let values: [Name: Value]
    /// Whether it is deleted, with nothing else beside.
    public let isDeleted: Bool
    /// Whether a person has something to decide; `Store.conflict(in:)` says what.
    public let isInConflict: Bool
    /// The fields on which devices disagree and no policy decides, sorted.
    public let contestedFields: [Name]

    /// What a field shows; nil where it has no value.
    public subscript(field: Name) -> Value? { values[field] }

    init(_ record: DecidedRecord) {
        key = RecordKey(record.key)
        values = SynclineKit.values(record.shown)
        isDeleted = record.isDeleted
        isInConflict = record.isOpen
        contestedFields = record.open.map { Name($0.field) }
    }
}
