package import EventCore
internal import LogStore

/// Records as they are and as they were.
extension Replica {
    /// The record; nil when it has no event. Times are filled in where it has siblings.
    package func record(_ key: RecordKey) throws(ReplicaError) -> Record? {
        guard let place = table.place(of: key) else { return nil }
        return try record(at: place)
    }

    func record(at place: RecordTable.Place) throws(ReplicaError) -> Record {
        let record: Record
        do throws(BlockError) { record = try table.record(at: place) } catch { throw .malformedBlock(at: end) }
        guard table.hasSiblings(at: place) else { return record }
        return record.with(times: Self.times(try history(at: place)))
    }

    /// The record as it was; nil when it had no event then.
    ///
    /// - Throws: `.unknownEvent` or `.eventOfOtherRecord` when the moment is a dot that is not one of the record's.
    package func record(_ key: RecordKey, at moment: Moment) throws(ReplicaError) -> Record? {
        let history = try history(of: key)
        return try Self.folded(try events(of: key, in: history, at: moment), key)
    }

    /// The record's events that count at a moment, oldest first.
    func events(of key: RecordKey, in history: [LoggedEvent], at moment: Moment) throws(ReplicaError) -> [Event] {
        switch moment {
        case .position(let position): return history.filter { $0.position < position }.map(\.event)
        case .time(let milliseconds): return Self.events(in: history, notLaterThan: milliseconds)
        case .dot(let dot):
            guard let at = history.first(where: { $0.event.dot == dot }) else {
                guard let other = try event(dot) else { throw .unknownEvent(dot) }
                throw .eventOfOtherRecord(dot, other.event.key)
            }
            return history.map(\.event).filter { $0.dot == dot || at.event.context.covers($0.dot) }
        }
    }

    /// Events whose time, and that of all they cover, is not later.
    static func events(in history: [LoggedEvent], notLaterThan milliseconds: UInt64) -> [Event] {
        var later: [Dot] = []
        var events: [Event] = []
        for event in history.map(\.event) {
            if event.time.milliseconds > milliseconds || later.contains(where: { event.context.covers($0) }) {
                later.append(event.dot)
            } else {
                events.append(event)
            }
        }
        return events
    }

    /// Calls `body` with records sorted by key, of one collection or all, now or then, until it returns false.
    package func records(
        in collection: Name?, at moment: Moment? = nil, _ body: (Record) throws -> Bool
    ) throws {
        for key in keys(in: collection) {
            guard let record = try moment.map({ try record(key, at: try inLog($0)) }) ?? record(key) else { continue }
            guard try body(record) else { return }
        }
    }

    /// The fold of some of a record's events, oldest first, that are complete: with each event also what it covers. nil when there are none.
    package func fold(_ events: [Event], of key: RecordKey) throws(ReplicaError) -> Record? { try Self.folded(events, key) }

    /// The keys of all records with an event, sorted.
    package func keys(in collection: Name?) -> [RecordKey] {
        var keys: [RecordKey] = []
        table.forEachPlace { place in
            let key = table.key(at: place)
            if collection == nil || key.collection == collection { keys.append(key) }
            return true
        }
        return keys.sorted()
    }

    /// For the store as a whole an event stands for its place in this log.
    func inLog(_ moment: Moment) throws(ReplicaError) -> Moment {
        guard case .dot(let dot) = moment else { return moment }
        guard let event = try event(dot) else { throw .unknownEvent(dot) }
        return .position(Position(event.position.index + 1))
    }

    /// The fold of some of a record's events, with the times of all of them; nil when there are none.
    static func folded(_ events: [Event], _ key: RecordKey) throws(ReplicaError) -> Record? {
        guard !events.isEmpty else { return nil }
        var fold = RecordFold()
        do throws(BlockError) {
            try fold.add(events)
            return try fold.record(key)?.with(times: Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0.time) }))
        } catch { throw .malformedBlock(at: Position(0)) }
    }

    private static func times(_ history: [LoggedEvent]) -> [Dot: HybridTime] {
        Dictionary(uniqueKeysWithValues: history.map { ($0.event.dot, $0.event.time) })
    }
}
