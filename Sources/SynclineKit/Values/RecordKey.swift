internal import EventCore

/// What names a record: its collection and its id there.
public struct RecordKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The collection.
    public let collection: Name
    /// The record's id within the collection.
    public let id: Name

    /// The record `id` of `collection`.
    public init(_ collection: Name, _ id: Name) {
        self.collection = collection
        self.id = id
    }

    /// `collection/id`, for people.
    public var description: String { "\(collection)/\(id)" }

    /// By collection, then by id.
    public static func < (left: RecordKey, right: RecordKey) -> Bool {
        left.collection == right.collection ? left.id < right.id : left.collection < right.collection
    }

    init(_ key: EventCore.RecordKey) { self.init(Name(key.collection), Name(key.record)) }

    /// - Throws: `.invalid`
    func checked() throws(SynclineError) -> EventCore.RecordKey {
        EventCore.RecordKey(collection: try collection.checked(), record: try id.checked())
    }
}
