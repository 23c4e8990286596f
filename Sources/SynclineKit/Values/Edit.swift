internal import EventCore

/// What is to be written to one record: some fields set and others removed, or the record deleted.
public struct Edit: Hashable, Sendable {
    /// The record.
    public var record: RecordKey
    /// Why, for the audit: at most 1024 bytes of UTF-8.
    public var note: String?
    /// Whether connected devices must get it at once and acknowledge it.
    public var isUrgent: Bool
    private let change: Change

    private enum Change: Hashable, Sendable {
        case write(set: [Name: Value], unset: [Name])
        case delete
    }

    /// Sets fields of a record, which is made by it where there is none, and removes others. At least one field, none twice.
    public init(_ record: RecordKey, set: [Name: Value] = [:], unset: [Name] = [], note: String? = nil, isUrgent: Bool = false) {
        self.record = record
        self.note = note
        self.isUrgent = isUrgent
        change = .write(set: set, unset: unset)
    }

    /// Deletes a record. Any later write makes it live again.
    public init(deleting record: RecordKey, note: String? = nil, isUrgent: Bool = false) {
        self.record = record
        self.note = note
        self.isUrgent = isUrgent
        change = .delete
    }

    /// - Throws: `.invalid`
    func draft() throws(SynclineError) -> Draft {
        let key = try record.checked()
        var body = EventBody.delete
        if case .write(let set, let unset) = change {
            var writes: [FieldWrite] = []
            for (field, value) in set { writes.append(FieldWrite(field: try field.checked(), value: try value.checked())) }
            var removed: [EventCore.Name] = []
            for field in unset { removed.append(try field.checked()) }
            do throws(EventError) { body = try .writing(set: writes, unset: removed) } catch { throw SynclineError(error) }
        }
        return Draft(
            key: key, body: body, note: try note.map { (note) throws(SynclineError) in try checkedNote(note) }, isCritical: isUrgent)
    }
}

/// - Throws: `.invalid` where it is too long.
func checkedNote(_ text: String) throws(SynclineError) -> Note {
    do throws(EventError) { return try Note(text) } catch { throw SynclineError(error) }
}
