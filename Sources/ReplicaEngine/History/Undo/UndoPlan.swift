package import EventCore

/// What taking an event back would write, and what has moved on since. Semantics: Decisions/0014.
package struct UndoPlan: Hashable, Sendable {
    /// What a field holds now and what it would hold; nothing, one value, or several; nil is *removed*.
    package struct Change: Hashable, Sendable {
        package let field: Name
        package let now: [FieldValue?]
        package let then: [FieldValue?]
    }

    /// What would be overwritten though it is not the undone event's own: an entry of a field, or a live delete.
    package struct MovedOn: Hashable, Sendable {
        /// nil for a delete.
        package let field: Name?
        /// The entry; a delete has no value.
        package let version: Version
    }

    /// The event that is undone, or all events of the undo that is undone; never empty.
    package let undone: [Event]
    /// Whether it has been undone already, by an undo that counts.
    package let isUndoneAlready: Bool
    /// Sorted by field.
    package let changes: [Change]
    /// Whether the record is deleted now, or a delete is one of several sides.
    package let isDeletedNow: Bool
    /// Whether it would be.
    package let isDeletedThen: Bool
    /// Sorted by field, a delete first.
    package let movedOn: [MovedOn]
    /// To be committed together: one event a side, all with one context.
    package let drafts: [Draft]

    package var key: RecordKey { undone[0].key }
    package var dot: Dot { undone[0].dot }
}
