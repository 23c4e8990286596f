/// What becomes of a contested field without a person.
package enum Decision: Hashable, Sendable {
    /// Nothing fits: the conflict stays open.
    case open
    /// This value.
    case value(FieldValue)
    /// The field is removed.
    case removed

    /// The decision for a version's value; nil is *removed*.
    package init(_ value: FieldValue?) { self = value.map { .value($0) } ?? .removed }

    package var isOpen: Bool { self == .open }
}

/// One of the entries that contest a field, with all that a policy may look at.
package struct Contender: Hashable, Sendable {
    /// nil is *removed*.
    package let value: FieldValue?
    package let rank: Rank
    /// The master lease under which it was written; 0 when there was none.
    package let epoch: UInt64

    package init(value: FieldValue?, rank: Rank, epoch: UInt64) {
        self.value = value
        self.rank = rank
        self.epoch = epoch
    }
}
