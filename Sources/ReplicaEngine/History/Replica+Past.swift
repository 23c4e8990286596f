internal import EventCore
internal import LogStore

/// All records, or all conflicts, as they were: one pass over the log instead of one look at each record's history.
extension Replica {
    /// The table of all records as they were at a moment.
    func pastTable(at moment: Moment) throws(ReplicaError) -> PastTable {
        switch try inLog(moment) {
        case .position(let position): try PastTable(log, at: position)
        case .time(let milliseconds): try PastTable(log, notLaterThan: milliseconds)
        case .dot: preconditionFailure("for the store as a whole a dot stands for a position")
        }
    }

    /// `records(in:at:)` for a moment.
    func records(in collection: Name?, then moment: Moment, _ body: (Record) throws -> Bool) throws {
        let past = try pastTable(at: moment)
        let times = try times(of: try past.contestedDots())
        var places = past.table.sortedPlaces(in: collection)
        while let place = places.next(in: past.table) {
            guard try body(try past.record(at: place, times: times)) else { return }
        }
    }

    /// The records that were in conflict, sorted by key, with the times of their contested entries.
    func contestedThen(in collection: Name?, _ moment: Moment) throws(ReplicaError) -> [Record] {
        let past = try pastTable(at: moment)
        let times = try times(of: try past.contestedDots())
        var records: [Record] = []
        for place in past.contestedPlaces where collection == nil || past.table.collection(at: place) == collection {
            records.append(try past.record(at: place, times: times))
        }
        return records.sorted { $0.key < $1.key }
    }
}

extension PastTable {
    var contestedPlaces: [RecordTable.Place] {
        do throws(CheckpointDamage) {
            return try table.contestedPlaces()
        } catch { preconditionFailure("what was folded has no checkpoint") }
    }

    func record(at place: RecordTable.Place, times: [Dot: HybridTime]) throws(ReplicaError) -> Record {
        do throws(BlockError) { return try table.record(at: place).with(times: times) } catch { throw .malformedBlock(at: Position(0)) }
    }

    /// The events of all contested entries.
    func contestedDots() throws(ReplicaError) -> Set<Dot> {
        var dots: Set<Dot> = []
        for place in contestedPlaces {
            for field in try record(at: place, times: [:]).fields where field.isContested { dots.formUnion(field.versions.map(\.dot)) }
        }
        return dots
    }
}
