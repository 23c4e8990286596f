internal import EventCore
internal import LogStore

/// All records, or all conflicts, as they were: the first ones out of their own histories, so that they come at once, the rest from one pass over the log.
extension Replica {
    /// The table of all records as they were at a moment.
    func pastTable(at moment: Moment, _ progress: (Int, Int) -> Void = { _, _ in }) throws(ReplicaError) -> PastTable {
        switch try inLog(moment) {
        case .position(let position): try PastTable(log, at: position, progress)
        case .time(let milliseconds): try PastTable(log, notLaterThan: milliseconds, progress)
        case .dot: preconditionFailure("for the store as a whole a dot stands for a position")
        }
    }

    /// `records(in:at:)` for a moment.
    ///
    /// - Parameter values: where some are given, records may be left out that never had all of them.
    func records(
        in collection: Name?, then moment: Moment, holding values: [WantedWrite] = [], _ progress: (Int, Int) -> Void,
        _ body: (Record) throws -> Bool
    ) throws {
        for value in values {
            guard let keys = try keys(in: collection, thatHad: value, until: moment, progress) else { continue }
            for key in keys { if let record = try record(key, at: moment), try !body(record) { return } }
            return
        }
        let first = try eachOfFirst(in: collection) { key in try record(key, at: moment).map(body) ?? true }
        guard !first.isLast else { return }
        let past = try pastTable(at: moment, progress)
        try records(at: past.table.sortedPlaces(in: collection), behind: first.end, in: past, body)
    }

    /// The records that were in conflict, sorted by key; of one collection or all.
    func contestedRecords(
        in collection: Name?, then moment: Moment, _ progress: (Int, Int) -> Void, _ body: (Record) throws -> Bool
    ) throws {
        let whole = try collectionsOfWholeEdits(at: moment)
        let first = try eachOfFirst(in: collection) { key in
            guard let record = try record(key, at: moment) else { return true }
            return try !record.isContested && !(whole.contains(key.collection) && record.heads.count > 1) || body(record)
        }
        guard !first.isLast else { return }
        let past = try pastTable(at: moment, progress)
        try records(at: past.table.sorted(past.contestedPlaces(in: collection, whole: whole)), behind: first.end, in: past, body)
    }

    /// Calls `body` with the first records of now by their keys, until it returns false: so many as have few events together. Every record of then is one of now.
    ///
    /// - Returns: the last of them, nil for none, and whether nobody wants another one, or there is none.
    private func eachOfFirst(
        in collection: Name?, _ body: (RecordKey) throws -> Bool
    ) throws -> (end: RecordKey?, isLast: Bool) {
        guard let places = orderedPlaces(in: collection) else { return (nil, false) }
        var (end, events, isLast): (RecordKey?, Int, Bool) = (nil, Self.eventsOneByOne, true)
        let isWhole = try follow(places) { key in
            guard let count = try eventCount(of: key, upTo: events) else {
                isLast = false
                return false
            }
            (end, events) = (key, events - count)
            return try body(key)
        }
        return (end, isWhole && isLast)
    }

    /// Some 30 to 60 ms: most of them lie in blocks of their own.
    private static var eventsOneByOne: Int { 1000 }

    func contestedKeys(in collection: Name?, then moment: Moment) throws(ReplicaError) -> [RecordKey] {
        let whole = try collectionsOfWholeEdits(at: moment)
        let past = try pastTable(at: moment)
        return past.contestedPlaces(in: collection, whole: whole).map { past.table.key(at: $0) }.sorted()
    }

    /// Hands over records behind a key with the times of contested entries: of the first few found one by one, of the rest by one look at the log.
    private func records(
        at places: SortedPlaces, behind last: RecordKey?, in past: borrowing PastTable, _ body: (Record) throws -> Bool
    ) throws {
        var (places, times, contested) = (places, [Dot: HybridTime](), 0)
        while let place = places.next(in: past.table) {
            if let last, past.table.key(at: place) <= last { continue }
            var record = try past.record(at: place)
            if record.isContested {
                contested += 1
                if contested == Self.contestedOneByOne { times = try self.times(of: try past.contestedDots()) }
                record = record.with(times: contested < Self.contestedOneByOne ? try timesOneByOne(of: record.contestedDots) : times)
            }
            guard try body(record) else { return }
        }
    }
}

extension PastTable {
    func contestedPlaces(in collection: Name? = nil, whole: Set<Name> = []) -> [RecordTable.Place] {
        do throws(CheckpointDamage) {
            return try table.contestedPlaces(whole: whole).filter { collection == nil || table.collection(at: $0) == collection }
        } catch { preconditionFailure("what was folded has no checkpoint") }
    }

    /// The record, without times.
    func record(at place: RecordTable.Place) throws(ReplicaError) -> Record {
        do throws(BlockError) { return try table.record(at: place) } catch {
            throw .malformedBlock(at: Position(UInt64(table.eventCount)))
        }
    }

    /// The events of all contested entries.
    func contestedDots() throws(ReplicaError) -> Set<Dot> {
        var dots: Set<Dot> = []
        for place in contestedPlaces() { dots.formUnion(try record(at: place).contestedDots) }
        return dots
    }
}

extension Record {
    /// The events of its contested entries.
    var contestedDots: Set<Dot> { Set(fields.filter(\.isContested).flatMap { $0.versions.map(\.dot) }) }

    /// The events among which the sides of its conflict are.
    var contestingDots: Set<Dot> {
        isDeleteAgainstEdit ? Set(tombstones + fields.flatMap(\.versions).map(\.dot)) : contestedDots
    }
}
