package import EventCore

/// An event and where it stands in this store's log.
package struct LoggedEvent: Hashable, Sendable {
    package let position: Position
    package let event: Event

    package init(position: Position, event: Event) {
        self.position = position
        self.event = event
    }
}

/// An event as its row has it, and where it stands: without its whole context.
package struct LoggedRow: Sendable {
    package let position: Position
    package let row: BlockReader.Row
}
