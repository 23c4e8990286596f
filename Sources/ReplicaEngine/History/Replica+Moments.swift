package import EventCore
internal import LogStore

/// Records as they are and as they were.
extension Replica {
    /// The record; nil when it has no event. Times are filled in where fields are contested.
    package func record(_ key: RecordKey) throws(ReplicaError) -> Record? {
        guard let place = try place(of: key) else { return nil }
        return try record(at: place)
    }

    func record(_ key: RecordKey, times: [Dot: HybridTime]) throws(ReplicaError) -> Record? {
        guard let place = try place(of: key) else { return nil }
        return try record(at: place, times: times)
    }

    /// - Parameter times: of events, as far as they are known already.
    private func record(at place: RecordTable.Place, times known: [Dot: HybridTime] = [:]) throws(ReplicaError) -> Record {
        let record = try recordWithoutTimes(at: place)
        let contested = record.contestedDots
        if contested.isEmpty { return record }
        if contested.allSatisfy({ known[$0] != nil }) { return record.with(times: known) }
        return record.with(times: try timesOneByOne(of: contested))
    }

    func recordWithoutTimes(at place: RecordTable.Place) throws(ReplicaError) -> Record {
        do throws(BlockError) { return try table.record(at: place) } catch { throw .malformedBlock(at: end) }
    }

    /// When the events of all contested entries were written, where these are many: found by one look at each event of the log, instead of one at the history of each
    /// record.
    ///
    /// - Parameter many: with fewer contested entries there are none of their times.
    func timesOfContested(many: Int = 200) throws(ReplicaError) -> [Dot: HybridTime] {
        var contested: Set<Dot> = []
        for place in try contestedPlaces() {
            contested.formUnion(try recordWithoutTimes(at: place).contestedDots)
        }
        return contested.count < many ? [:] : try times(of: contested)
    }

    /// When these events were written, by one look at each event of the log.
    func times(of dots: Set<Dot>) throws(ReplicaError) -> [Dot: HybridTime] {
        var times: [Dot: HybridTime] = [:]
        let cursor: BlockCursor<Storage>
        do throws(LogError) { cursor = try log.blocks(from: Position(0)) } catch { throw .log(error) }
        while times.count < dots.count, let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            do throws(BlockError) {
                var reader = try BlockReader(block.header, block.bytes)
                while let stamp = try reader.skipStamped() { if dots.contains(stamp.dot) { times[stamp.dot] = stamp.time } }
            } catch { throw .malformedBlock(at: block.first) }
        }
        return times
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
                guard let other = try row(of: dot) else { throw .unknownEvent(dot) }
                throw .eventOfOtherRecord(dot, other.row.key)
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

    /// Calls `body` with records sorted by key, of one collection or all, now or then, until it returns false. The first come before all are sorted.
    package func records(
        in collection: Name?, at moment: Moment? = nil, _ body: (Record) throws -> Bool
    ) throws { try records(in: collection, at: moment, times: [:], body) }

    /// - Parameter times: of events, as far as they are known already.
    func records(
        in collection: Name?, at moment: Moment? = nil, times: [Dot: HybridTime], _ body: (Record) throws -> Bool
    ) throws {
        if let moment { return try records(in: collection, then: moment, body) }
        try checkTable()
        var (times, contested) = (times, 0)
        var places = table.sortedPlaces(in: collection)
        while let place = places.next(in: table) {
            if times.isEmpty && table.isContested(at: place) {
                contested += 1
                if contested > Self.contestedOneByOne { times = try timesOfContested(many: 0) }
            }
            guard try body(try record(at: place, times: times)) else { return }
        }
    }

    /// So many contested records get their times from their own history; the rest by one look at the log.
    static var contestedOneByOne: Int { 50 }

    /// The fields that records of a collection, or of all, have ever had, sorted.
    package func fieldNames(in collection: Name?) throws -> [Name] {
        var names: Set<Name> = []
        for known in table.collections.names where collection == nil || collection == known {
            if let fields = table.fieldNames(of: known) {
                names.formUnion(fields)
            } else {
                try records(in: known) { record in
                    names.formUnion(record.fields.map(\.field))
                    return true
                }
            }
        }
        return names.sorted()
    }

    /// For the store as a whole an event stands for its place in this log.
    func inLog(_ moment: Moment) throws(ReplicaError) -> Moment {
        guard case .dot(let dot) = moment else { return moment }
        guard let logged = try row(of: dot) else { throw .unknownEvent(dot) }
        return .position(Position(logged.position.index + 1))
    }

    static func folded(_ events: [Event], _ key: RecordKey) throws(ReplicaError) -> Record? { try RecordFold.folded(events, key) }

    /// When these few events were written, each found by its name.
    func timesOneByOne(of dots: Set<Dot>) throws(ReplicaError) -> [Dot: HybridTime] {
        var times: [Dot: HybridTime] = [:]
        for dot in dots.sorted() { times[dot] = try row(of: dot)?.row.time }
        return times
    }
}
