package import EventCore

/// One side of a conflict: an event that a contested entry or a live delete comes from.
package struct Side: Hashable, Sendable {
    /// The event.
    package let event: Event
    /// The record as this side saw it: the fold of the event's context and itself.
    package let record: Record

    /// The event's name, which names the side.
    package var dot: Dot { event.dot }
    /// Whether this side deleted the record.
    package var isDelete: Bool { event.body == .delete }
}

/// A field on which sides disagree.
package struct FieldConflict: Hashable, Sendable {
    package let field: Name
    /// What the field held after just those events that every contesting version had seen: nothing, one entry, or several; nil is *removed*.
    package let base: [FieldValue?]
    /// The contesting entries, greatest rank first.
    package let versions: [Version]
}

/// A record whose siblings disagree. A value, not a mode: it may be listed, resolved on any device, undone, or left alone.
package struct Conflict: Hashable, Sendable {
    package let record: Record
    /// The contested fields, sorted by name; none in a pure delete against edit.
    package let fields: [FieldConflict]
    /// Whether a delete and a live value stand side by side.
    package let isDeleteAgainstEdit: Bool
    /// The record after just those events that every side had seen; nil when there was none.
    package let base: Record?
    /// Greatest rank first.
    package let sides: [Side]

    package var key: RecordKey { record.key }
}
