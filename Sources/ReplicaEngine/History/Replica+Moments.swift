package import EventCore
internal import LogStore
internal import Synchronization

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
    func record(at place: RecordTable.Place, times known: [Dot: HybridTime] = [:]) throws(ReplicaError) -> Record {
        let record = try recordWithoutTimes(at: place)
        guard table.hasSiblings(at: place), case let contested = record.contestedDots, !contested.isEmpty else { return record }
        if contested.allSatisfy({ known[$0] != nil }) { return record.with(times: known) }
        return record.with(times: try timesOneByOne(of: contested))
    }

    func recordWithoutTimes(_ key: RecordKey) throws(ReplicaError) -> Record? {
        try place(of: key).map { (place) throws(ReplicaError) in try recordWithoutTimes(at: place) }
    }

    func recordWithoutTimes(at place: RecordTable.Place) throws(ReplicaError) -> Record {
        try Self.naming(end) { () throws(BlockError) in try table.record(at: place) }
    }

    /// When the events of all contested entries were written, where these are many: found by one look at each event of the log, instead of one at the history of each
    /// record.
    ///
    /// - Parameters:
    ///   - many: with fewer contested entries there are none of their times.
    ///   - progress: told now and then how many events of the log have been looked at.
    func timesOfContested(many: Int = 200, progress: (Int) -> Void = { _ in }) throws(ReplicaError) -> [Dot: HybridTime] {
        let contested = try contestedDots(progress)
        return contested.count < many ? [:] : try times(of: contested, progress: progress)
    }

    /// The same of all contested entries, whether they are many or few.
    func timesOfAllContested(progress: (Int) -> Void) throws(ReplicaError) -> [Dot: HybridTime] {
        let contested = try contestedDots(progress)
        return contested.count <= Self.contestedOneByOne ? try timesOneByOne(of: contested) : try times(of: contested, progress: progress)
    }

    /// The events of all contested entries.
    private func contestedDots(_ progress: (Int) -> Void) throws(ReplicaError) -> Set<Dot> {
        var contested: Set<Dot> = []
        for place in try contestedPlaces() {
            contested.formUnion(try recordWithoutTimes(at: place).contestedDots)
            progress(0)
        }
        return contested
    }

    /// When these events were written, by one look at each block of the log, on all cores.
    ///
    /// - Parameter progress: told now and then how many events of the log have been looked at.
    func times(of dots: Set<Dot>, progress: (Int) -> Void = { _ in }) throws(ReplicaError) -> [Dot: HybridTime] {
        let foundCount = Atomic(0)
        let look = LogLook<Storage, WantedTimes>(log) { (own, block) throws(ReplicaError) in
            let before = own.found.count
            try Self.naming(block.first) { () throws(BlockError) in try own.look(in: block.header, block.bytes) }
            return foundCount.add(own.found.count - before, ordering: .relaxed).newValue >= dots.count
        }
        let pieces = stride(from: 0, to: end.index, by: Int(Self.pieceEvents)).map { first in
            Position(first)..<Position(min(first + Self.pieceEvents, end.index))
        }
        let lookers = try look.lookers(through: dots.isEmpty ? [] : pieces, progress: progress) { WantedTimes(dots) }
        return lookers.reduce(into: [:]) { $0.merge($1.found) { first, _ in first } }
    }

    /// The record as it was; nil when it had no event then.
    ///
    /// - Throws: `.unknownEvent` or `.eventOfOtherRecord` when the moment is a dot that is not one of the record's.
    package func record(_ key: RecordKey, at moment: Moment) throws(ReplicaError) -> Record? {
        try past(of: key, at: moment).flatMap { (past, cut) throws(ReplicaError) in try past.record(cut) }
    }

    /// The record's past from a moment back, and which events count there; nil when it had none.
    ///
    /// To a time those events are looked at that may be later or not, and those behind something later: what one covers may be later than itself. What is later for certain is not read.
    func past(of key: RecordKey, at moment: Moment) throws(ReplicaError) -> (past: RecordPast<Storage>, cut: PastCut)? {
        switch moment {
        case .position(let end):
            guard let place = try place(of: key) else { return nil }
            var (position, count): (Position?, Int) = (table.newestPosition(at: place), 0)
            while let later = position, later >= end {
                position = try self.position(before: later)
                count += 1
            }
            guard let position else { return nil }
            guard count <= RecordPast<Storage>.nearby else { return (try RecordPast(self, key, from: position), .from(0)) }
            return try RecordPast(self, key).map { ($0, .from(count)) }
        case .dot(let dot):
            guard let logged = try row(of: dot) else { throw .unknownEvent(dot) }
            guard logged.row.key == key else { throw .eventOfOtherRecord(dot, logged.row.key) }
            guard let past = try RecordPast(self, key, holding: [dot]), let number = try past.number(of: dot) else { return nil }
            return (past, .upTo(number))
        case .time(let milliseconds):
            let positions = try positions(of: key)
            // A few events are read sooner than the times of what is not known yet.
            let times = positions.count <= Self.readAtOnce ? savedLogTimes() : try logTimes()
            let border = times.border(at: milliseconds, among: positions)
            let mixed = try steps(at: border.mixed[...])
            let counting = try steps(mixed, notLaterThan: milliseconds, behind: border.oldestLate, times)
            let next = positions.dropFirst(border.end).first
            guard next != nil || !counting.isEmpty else { return nil }
            return (try RecordPast(self, key, steps: counting, next: next), .from(0))
        }
    }

    private static var readAtOnce: Int { 200 }

    /// The events of a record at these positions, which come newest first.
    private func steps(at positions: ArraySlice<Position>) throws(ReplicaError) -> [LoggedRow] {
        var (steps, rest) = ([LoggedRow](), positions)
        while let newest = rest.first {
            let block = try block(containing: newest)
            let inBlock = rest.prefix { block.contains($0) }
            rest = rest.dropFirst(inBlock.count)
            let rows = try rows(at: inBlock.reversed()[...], in: block)
            for (position, row) in zip(inBlock, rows.reversed()) { steps.append(LoggedRow(position: position, row: row)) }
        }
        return steps
    }

    /// Those of a record's events, which come newest first, whose time, and that of all they cover, is not later.
    ///
    /// - Parameters:
    ///   - oldestLate: where the oldest event stands that is not among these, since its stretch is later as a whole.
    ///   - times: of the log's stretches.
    private func steps(
        _ steps: [LoggedRow], notLaterThan milliseconds: UInt64, behind oldestLate: Position?, _ times: LogTimes
    ) throws(ReplicaError) -> [LoggedRow] {
        // By device the least seq of what is known to be late; and events that are not, nor bring what is late with them.
        var (late, harmless, hasLate) = ([DeviceID: UInt64](), Set<Dot>(), false)
        func noteLate(_ dot: Dot) { late[dot.device] = min(late[dot.device] ?? .max, dot.seq) }
        // What covers an event that is late is itself late, and known, where it was looked at. But whoever has seen one event of an act has seen those before it, and they have not seen each other.
        func bringsLate(_ named: Dot, _ key: RecordKey) throws(ReplicaError) -> Bool {
            guard !harmless.contains(named) else { return false }
            var dot = named
            while let logged = try row(of: dot), logged.row.key == key {
                // What was not looked at lies in a stretch that is later as a whole, or before everything that is later.
                if times.isLater(logged.position, than: milliseconds) {
                    noteLate(dot)
                    return true
                }
                guard logged.row.undoes != nil, dot.seq > 1 else { break }
                dot = Dot(device: dot.device, seq: dot.seq - 1)
            }
            harmless.insert(named)
            return false
        }
        func coversLate(_ row: BlockReader.Row) throws(ReplicaError) -> Bool {
            guard case .whole(let context) = row.context else { return true }
            for dot in context.entries {
                if let seq = late[dot.device], seq <= dot.seq { return true }
                if try bringsLate(dot, row.key) { return true }
            }
            return false
        }
        var counting: [LoggedRow] = []
        for step in steps.reversed() {
            hasLate = hasLate || oldestLate.map { $0 < step.position } ?? false
            var isLate = step.row.time.milliseconds > milliseconds
            if !isLate && hasLate { isLate = try coversLate(step.row) }
            if step.row.undoes == nil { harmless.insert(step.row.dot) }
            if isLate {
                hasLate = true
                noteLate(step.row.dot)
            } else {
                counting.append(step)
            }
        }
        return counting.reversed()
    }

    /// Calls `body` with records sorted by key, of one collection or all, now or then, until it returns false. The first come before all are sorted.
    ///
    /// - Parameter progress: told now and then how many events of how many are folded, or looked at.
    package func records(
        in collection: Name?, at moment: Moment? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ body: (Record) throws -> Bool
    ) throws {
        if let moment { return try records(in: collection, then: moment, progress, body) }
        try records(in: collection, times: [:], looking: progress, body)
    }

    /// - Parameters:
    ///   - times: of events, as far as they are known already.
    ///   - looking: told now and then how many events of how many have been looked at for their times.
    func records(
        in collection: Name?, times: [Dot: HybridTime], looking: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        _ body: (Record) throws -> Bool
    ) throws {
        var (times, contested) = (times, 0)
        func note(_ place: RecordTable.Place) throws(ReplicaError) {
            guard times.isEmpty && table.isContested(at: place) else { return }
            contested += 1
            if contested > Self.contestedOneByOne { times = try timesOfContested(many: 0) { looking($0, Int(end.index)) } }
        }
        var last: RecordKey?
        if !table.isChecked, let places = orderedPlaces(in: collection) {
            // By key, since damage that is found on the way voids all places.
            var (left, isWanted) = (Self.checkedOneByOne, true)
            let isWhole = try follow(places) { key in
                guard left > 0 else { return false }
                left -= 1
                last = key
                if let place = try place(of: key) { try note(place) }
                isWanted = try record(key, times: times).map(body) ?? true
                return isWanted
            }
            if isWhole && (left > 0 || !isWanted) { return }
        }
        try checkTable()
        var places = CheckedPlaces(orderedPlaces(in: collection), in: collection, of: table)
        while let place = places.next(in: table) {
            if let end = last {
                guard end < table.key(at: place) else { continue }
                last = nil
            }
            try note(place)
            guard try body(try record(at: place, times: times)) else { return }
        }
    }

    func orderedPlaces(in collection: Name?) -> OrderedPlaces? {
        defer { noteOrder() }
        return table.orderedPlaces(in: collection)
    }

    /// So many records are checked when their turn comes; whoever wants more walks faster over what has been checked as a whole.
    private static var checkedOneByOne: Int { 1000 }

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

    /// When these few events were written, each found by its name.
    func timesOneByOne(of dots: Set<Dot>) throws(ReplicaError) -> [Dot: HybridTime] {
        var times: [Dot: HybridTime] = [:]
        for dot in dots.sorted() { times[dot] = try row(of: dot)?.row.time }
        return times
    }
}
