/// One field and the value that an event sets it to.
public struct FieldWrite: Hashable, Sendable {
    /// The field.
    public let field: Name
    /// Its new value.
    public let value: FieldValue

    /// Sets `field` to `value`.
    public init(field: Name, value: FieldValue) {
        self.field = field
        self.value = value
    }
}

/// What an event does to its record.
public enum EventBody: Hashable, Sendable {
    /// Sets some fields and removes others: at least one write, no field twice, both sorted by field.
    case write(set: [FieldWrite], unset: [Name])
    /// Deletes the record.
    case delete

    /// A checked and sorted `write`.
    ///
    /// - Throws: `.emptyBody` or `.duplicateField`.
    public static func writing(set: [FieldWrite], unset: [Name] = []) throws(EventError) -> Self {
        guard !set.isEmpty || !unset.isEmpty else { throw .emptyBody }
        let set = set.sorted { $0.field < $1.field }
        let unset = unset.sorted()
        let fields = (set.map(\.field) + unset).sorted()
        for index in fields.indices.dropLast() where fields[index] == fields[index + 1] { throw .duplicateField(fields[index]) }
        return .write(set: set, unset: unset)
    }
}
