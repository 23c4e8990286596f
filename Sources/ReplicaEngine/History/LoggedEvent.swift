package import EventCore

/// An event and where it stands in this store's log.
package struct LoggedEvent: Hashable, Sendable {
    package let position: Position
    package let event: Event
}

/// An event as its row has it, and where it stands: without its whole context.
package struct LoggedRow: Sendable {
    package let position: Position
    package let row: BlockReader.Row
}
