/// What names a record: its collection and its id there.
public struct RecordKey: Hashable, Comparable, Sendable {
    /// The collection.
    public let collection: Name
    /// The record's id within the collection.
    public let record: Name

    /// The record `record` of `collection`.
    public init(collection: Name, record: Name) {
        self.collection = collection
        self.record = record
    }

    /// By collection bytes, then by record bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.collection == right.collection ? left.record < right.record : left.collection < right.collection
    }
}
