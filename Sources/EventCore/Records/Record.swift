/// One live entry of a field: what an event wrote and nothing has overwritten.
public struct Version: Hashable, Sendable {
    /// The event that wrote it.
    public let dot: Dot
    /// The value; nil is *removed*.
    public let value: FieldValue?

    /// The entry that event `dot` wrote.
    public init(dot: Dot, value: FieldValue?) {
        self.dot = dot
        self.value = value
    }
}

/// A field of a record with all its live entries.
public struct RecordField: Hashable, Sendable {
    /// The field.
    public let field: Name
    /// Its entries, at least one, sorted by dot.
    public let versions: [Version]

    /// A field with its entries.
    public init(field: Name, versions: [Version]) {
        precondition(!versions.isEmpty)
        self.field = field
        self.versions = versions
    }

    /// Whether two entries differ; *removed* differs from every value, equal values agree.
    public var isContested: Bool { versions.contains { $0.value != versions[0].value } }
}

/// A record: the fold of its events.
public struct Record: Hashable, Sendable {
    /// What names it.
    public let key: RecordKey
    /// The join of all contexts and dots of its events.
    public let clock: VersionVector
    /// The dots that no other event's context covers, sorted.
    public let heads: [Dot]
    /// The live deletes, sorted.
    public let tombstones: [Dot]
    /// The fields with a live entry, sorted by name.
    public let fields: [RecordField]
    /// When the events of contested entries were written, perhaps of others too.
    public let times: [Dot: HybridTime]

    /// A record as a fold left it.
    package init(
        key: RecordKey, clock: VersionVector, heads: [Dot], tombstones: [Dot], fields: [RecordField], times: [Dot: HybridTime] = [:]
    ) {
        self.key = key
        self.clock = clock
        self.heads = heads
        self.tombstones = tombstones
        self.fields = fields
        self.times = times
    }

    /// The same record with its events' times.
    package func with(times: [Dot: HybridTime]) -> Record {
        Record(key: key, clock: clock, heads: heads, tombstones: tombstones, fields: fields, times: times)
    }

    /// Whether no field has a live value and a delete is live.
    public var isDeleted: Bool { !tombstones.isEmpty && !hasLiveValue }

    /// Whether a delete and a live value stand side by side.
    public var isDeleteAgainstEdit: Bool { !tombstones.isEmpty && hasLiveValue }

    /// Whether a field is in conflict, or delete stands against edit.
    public var isContested: Bool { isDeleteAgainstEdit || fields.contains { $0.isContested } }

    /// The entry of the greatest rank: what is shown.
    public func shownVersion(_ field: RecordField) -> Version {
        guard field.isContested else { return field.versions[0] }
        return field.versions.max { rank($0) < rank($1) } ?? field.versions[0]
    }

    /// The value that is shown for `field`; nil when it has none or was removed.
    public func shown(_ field: Name) -> FieldValue? {
        fields.first { $0.field == field }.flatMap { shownVersion($0).value }
    }

    /// Every field that shows a value, sorted by name.
    public var shown: [FieldWrite] {
        fields.compactMap { field in shownVersion(field).value.map { FieldWrite(field: field.field, value: $0) } }
    }

    private var hasLiveValue: Bool { fields.contains { $0.versions.contains { $0.value != nil } } }

    private func rank(_ version: Version) -> Rank {
        guard let time = times[version.dot] else { preconditionFailure("the times of contested entries have been looked up") }
        return Rank(time: time, dot: version.dot)
    }
}
