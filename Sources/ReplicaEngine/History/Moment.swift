package import EventCore

/// A point in a store's past.
package enum Moment: Hashable, Sendable {
    /// After the first events of this store's log.
    case position(Position)
    /// Of a record: after an event and what its context covers. Of the whole store: just behind the event in this store's log.
    case dot(Dot)
    /// After the events whose time, and that of all they cover, is not later; milliseconds since 1970.
    case time(milliseconds: UInt64)
}
