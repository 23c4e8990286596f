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

    /// The event, given the record's clock before it; moves the clock on.
    func event(clock: inout VersionVector) throws(ReplicaError) -> LoggedEvent {
        let context: VersionVector = if case .whole(let whole) = row.context { whole } else { clock }
        do throws(EventError) {
            let event = try row.event(context: context)
            clock.join(context)
            clock.advance(to: event.dot)
            return LoggedEvent(position: position, event: event)
        } catch { throw .malformedBlock(at: position) }
    }
}
