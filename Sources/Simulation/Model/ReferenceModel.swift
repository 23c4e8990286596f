package import EventCore

/// What semantics say, written down as plainly as can be: sets of events, looked through from the beginning each time.
///
/// Shares no code with the product's clocks, fold or merge; of the core it uses identities and the event itself, whose context it reads as a dictionary.
/// Slow on purpose.
package struct ReferenceModel {
    /// One live entry of a field; nil is *removed*.
    package struct Entry: Hashable {
        package let dot: Dot
        package let value: FieldValue?

        package init(dot: Dot, value: FieldValue?) {
            self.dot = dot
            self.value = value
        }
    }

    /// Applied events, in the order in which they were.
    package private(set) var applied: [Event] = []
    /// Events that are too early.
    package private(set) var waiting: [Event] = []

    package init() {}

    /// Takes an event in, in any order; those that waited for it follow. A dot that is known is passed over.
    package mutating func add(_ event: Event) {
        guard !(applied + waiting).contains(where: { $0.dot == event.dot }) else { return }
        waiting.append(event)
        while let index = waiting.firstIndex(where: isReady) { applied.append(waiting.remove(at: index)) }
    }

    private func isReady(_ event: Event) -> Bool {
        let before = event.dot.seq == 1 || applied.contains { $0.dot.device == event.dot.device && $0.dot.seq == event.dot.seq - 1 }
        return before && event.context.entries.allSatisfy { entry in applied.contains { $0.dot == entry } }
    }

    package var keys: [RecordKey] { Array(Set(applied.map(\.key))) }

    /// The record that its applied events make; empty when there are none.
    package func record(_ key: RecordKey) -> ReferenceRecord { ReferenceRecord(key: key, events: applied.filter { $0.key == key }) }
}
