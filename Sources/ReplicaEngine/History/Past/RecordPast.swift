internal import EventCore
internal import LogStore

/// A record's past, from its newest event, or an earlier one, back: no more of it is read than somebody asks for.
///
/// Events have numbers, 0 is the one it begins with. What lies behind an event, with a higher number, stands before it in the log. Nothing is written meanwhile.
/// Where the events stand says the table; an event that is asked for by its name is found without those before it being read.
final class RecordPast<Storage: Volume> {
    let key: RecordKey
    private let replica: Replica<Storage>
    /// Where the events stand, as far as somebody has gone.
    private var positions: [Position] = []
    /// The position behind these; nil when there is none.
    private var next: Position?
    /// The events that have been read, by their numbers.
    private var steps: [Int: LoggedRow] = [:]
    private var numbers: [Dot: Int] = [:]
    /// Whether it begins with the record's newest event.
    let isFromNewest: Bool
    /// From this number on no event of the record is left out.
    private var wholeFrom = 0
    /// States of the record that are kept; nil before somebody asked.
    private var states: RecordStates?
    /// So many of the first events have been read and do not delete.
    private var deleteFree = 0
    /// Of events whose context is written whole what is known of how much they cover.
    private var reaches: [Int: Reach] = [:]
    private var firstPositions: [DeviceID: Position] = [:]
    /// The devices that have an event of the record.
    private let devices: Set<DeviceID>
    /// The fields that events of the collection have written; nil where nobody knows them all.
    let written: Set<Name>?
    /// The record as it is now; nil before somebody asked.
    private var now: Record?

    private struct Reach {
        /// Covers every event from this number on; nil while that is not known.
        var end: Int?
        /// Up to here events have been looked at.
        var looked: Int
        /// Devices of which no event has been found that it covers.
        var missing: Set<DeviceID>
    }

    /// From the record's newest event back; nil when it has none.
    convenience init?(_ replica: Replica<Storage>, _ key: RecordKey) throws(ReplicaError) {
        guard let place = try replica.place(of: key) else { return nil }
        try self.init(replica, key, next: replica.table.newestPosition(at: place), isFromNewest: true)
    }

    /// From the newest of these events back, or, where that is not far, from the record's newest event, which may tell more; nil when none is the record's.
    convenience init?(_ replica: Replica<Storage>, _ key: RecordKey, holding dots: some Sequence<Dot>) throws(ReplicaError) {
        var newest: Position?
        for dot in dots {
            guard let logged = try replica.row(of: dot), logged.row.key == key else { continue }
            newest = max(newest ?? logged.position, logged.position)
        }
        guard let newest else { return nil }
        try self.init(replica, key, near: newest)
    }

    /// The same for the event at a position, which is one of the record's.
    convenience init(_ replica: Replica<Storage>, _ key: RecordKey, near position: Position) throws(ReplicaError) {
        guard let place = try replica.place(of: key) else { preconditionFailure("a record with an event is there") }
        var (next, count): (Position?, Int) = (replica.table.newestPosition(at: place), 0)
        while count < Self.nearby, let later = next, later > position {
            next = try replica.position(before: later)
            count += 1
        }
        let isNear = next.map { $0 <= position } ?? false
        try self.init(replica, key, next: isNear ? replica.table.newestPosition(at: place) : position, isFromNewest: isNear)
    }

    /// So many newer events are worth being read.
    static var nearby: Int { 64 }

    /// From the event at a position back, which is one of the record's.
    convenience init(_ replica: Replica<Storage>, _ key: RecordKey, from position: Position) throws(ReplicaError) {
        try self.init(replica, key, next: position)
    }

    /// Just these of the record's events, newest first, and those from the one at `next` back, none where it is nil: with each all that its writer had seen.
    convenience init(_ replica: Replica<Storage>, _ key: RecordKey, steps: [LoggedRow], next: Position?) throws(ReplicaError) {
        try self.init(replica, key, next: next)
        positions = steps.map(\.position)
        wholeFrom = steps.count
        for (number, step) in steps.enumerated() { add(step, number) }
    }

    private init(_ replica: Replica<Storage>, _ key: RecordKey, next: Position?, isFromNewest: Bool = false) throws(ReplicaError) {
        (self.replica, self.key, self.next, self.isFromNewest) = (replica, key, next, isFromNewest)
        devices = Set(try replica.clock(of: key).entries.map(\.device))
        written = replica.table.fieldNames(of: key.collection).map(Set.init)
    }

    /// An event that has been read.
    func row(_ number: Int) -> BlockReader.Row { step(number).row }

    /// The same, and where it stands.
    func step(_ number: Int) -> LoggedRow {
        guard let step = steps[number] else { preconditionFailure("the event has been read") }
        return step
    }

    /// How many events have been read.
    var readCount: Int { steps.count }

    /// Reads the event of this number; false when there is none.
    func has(_ number: Int) throws(ReplicaError) -> Bool {
        guard try goBack(to: number) else { return false }
        if steps[number] == nil { try read(number) }
        return true
    }

    /// The number of an event; nil when it is none of the record's, or newer than the one this begins with. Reads that event alone.
    func number(of dot: Dot) throws(ReplicaError) -> Int? {
        if let number = numbers[dot] { return number }
        guard let logged = try replica.row(of: dot), logged.row.key == key else { return nil }
        guard let number = try number(at: logged.position) else { return nil }
        add(logged, number)
        return number
    }

    /// The number of the event at a position; nil when it is none of the record's, or newer than the one this begins with. Reads nothing.
    func number(at position: Position) throws(ReplicaError) -> Int? {
        while positions.last.map({ $0 > position }) ?? true { guard try goBack(to: positions.count) else { break } }
        return knownNumber(at: position)
    }

    private func knownNumber(at position: Position) -> Int? {
        let number = positions.partitionPoint { $0 > position }
        return number < positions.count && positions[number] == position ? number : nil
    }

    /// An event of the record, wherever in the log it lies; nil when it is none of the record's. Costs one block at most.
    func logged(_ dot: Dot) throws(ReplicaError) -> LoggedRow? {
        if let number = numbers[dot] { return step(number) }
        return try replica.row(of: dot).flatMap { $0.row.key == key ? $0 : nil }
    }

    /// The event, with its whole context.
    func event(_ number: Int) throws(ReplicaError) -> Event {
        let context = try context(of: number)
        do throws(EventError) { return try row(number).event(context: context) } catch {
            throw .malformedBlock(at: positions[number])
        }
    }

    /// Where the event of a number stands, which is not read; nil when there is none.
    func position(_ number: Int) throws(ReplicaError) -> Position? { try goBack(to: number) ? positions[number] : nil }

    /// How many events it has, of more than `limit` just so many.
    func count(upTo limit: Int) throws(ReplicaError) -> Int {
        if limit > 0 { _ = try goBack(to: limit - 1) }
        return min(limit, positions.count)
    }

    func block(containing position: Position) throws(ReplicaError) -> StoredBlock { try replica.block(containing: position) }

    /// Goes back to the event of a number, without reading it; false when there is none.
    private func goBack(to number: Int) throws(ReplicaError) -> Bool {
        while positions.count <= number {
            guard let position = next else { return false }
            next = try replica.position(before: position)
            positions.append(position)
        }
        return true
    }

    /// Reads an event, and those behind it that lie in the same block.
    private func read(_ number: Int) throws(ReplicaError) {
        let block = try replica.block(containing: positions[number])
        var end = number + 1
        while end - number < Self.readAtOnce, steps[end] == nil, try goBack(to: end), block.contains(positions[end]) { end += 1 }
        let rows = try replica.rows(at: positions[number..<end].reversed()[...], in: block)
        for (number, row) in zip((number..<end).reversed(), rows) { add(LoggedRow(position: positions[number], row: row), number) }
    }

    private func add(_ step: LoggedRow, _ number: Int) {
        steps[number] = step
        numbers[step.row.dot] = number
    }

    private static var readAtOnce: Int { 256 }

    // MARK: - What writers had seen

    /// Whether the writer of an event had seen one that lies behind it.
    func covers(_ number: Int, _ earlier: Int) -> Bool { row(number).covers(row(earlier).dot) }

    /// Whether the writer of an event had seen every one from `end` on, `end` lying behind it and all before having been read. False where that cannot be told yet.
    func coversAll(_ number: Int, from end: Int) -> Bool {
        let row = row(number)
        guard case .whole = row.context else { return true }
        if next == nil && end >= positions.count { return true }
        var reach = reaches[number] ?? Reach(end: nil, looked: number + 1, missing: devices)
        while reach.end == nil, reach.looked < end {
            // What has not been read tells nothing.
            if let other = steps[reach.looked]?.row, row.covers(other.dot) {
                reach.missing.remove(other.dot.device)
                // A context covers what the context of an event that it covers does; and of a device all before one that it covers.
                if other.coversAll || reach.missing.isEmpty { reach.end = reach.looked + 1 }
            }
            reach.looked += 1
        }
        reaches[number] = reach
        return reach.end.map { $0 <= end } ?? false
    }

    /// What the writer of an event had seen.
    func context(of number: Int) throws(ReplicaError) -> VersionVector {
        switch row(number).context {
        case .whole(let context): return context
        case .heads: return try clock(from: number + 1)
        }
    }

    /// The record's clock with the events from a number on: of each device the newest.
    func clock(from number: Int) throws(ReplicaError) -> VersionVector {
        var missing = devices
        var newest: [Dot] = []
        var next = number
        while !missing.isEmpty {
            if let state = try state(at: next) {
                newest += state.clock.entries.filter { missing.contains($0.device) }
                break
            }
            guard try has(next) else { break }
            let step = step(next)
            if missing.remove(step.row.dot.device) != nil { newest.append(step.row.dot) }
            next += 1
            guard (next - number) % Self.nearby == 0 else { continue }
            // A device whose first event stands later in the log has none further back.
            for device in missing { if try firstPosition(of: device) > step.position { missing.remove(device) } }
        }
        return VersionVector(newest)
    }

    /// Where a device's first event stands in the log.
    private func firstPosition(of device: DeviceID) throws(ReplicaError) -> Position {
        if let known = firstPositions[device] { return known }
        let position = try replica.row(of: Dot(device: device, seq: 1))?.position ?? Position(0)
        firstPositions[device] = position
        return position
    }

    // MARK: - States that are kept

    /// What the record was with all events from `number` on; nil where that is not kept.
    func state(at number: Int) throws(ReplicaError) -> RecordState? {
        guard number >= wholeFrom, try goBack(to: number) else { return nil }
        return kept.state(at: positions[number])
    }

    private var kept: RecordStates {
        if let states { return states }
        let found = replica.states(of: key)
        states = found
        return found
    }

    /// The first number behind the events that lie between the state at `number` and the one before it, if a cut has none of these; nil otherwise, and where that cannot be told.
    func end(ofNoneOf cut: PastCut, from number: Int, _ state: RecordState) throws(ReplicaError) -> Int? {
        let writers: [Int]
        switch cut {
        case .from: return nil
        case .upTo(let last): writers = [last]
        case .seenBy(let numbers): writers = numbers
        }
        guard writers.allSatisfy({ $0 < number }) else { return nil }
        let end = number + kept.spacing
        let before = try self.state(at: end)?.clock ?? VersionVector()
        // A device's events between the states are those that only the later clock covers.
        let later = state.clock.entries.filter { $0.seq > before[$0.device] }
        let isNone = writers.contains { writer in
            guard case .whole(let context) = row(writer).context else { return false }
            return later.allSatisfy { context[$0.device] <= before[$0.device] }
        }
        return isNone ? end : nil
    }

    /// An event that a state names.
    func logged(at position: Position) throws(ReplicaError) -> LoggedRow {
        if let number = knownNumber(at: position), let step = steps[number] { return step }
        return LoggedRow(position: position, row: try replica.row(at: position))
    }

    /// Whether the writer of an event had seen all that a record with this clock has.
    func covers(_ number: Int, _ clock: VersionVector) -> Bool {
        switch row(number).context {
        case .heads: true
        case .whole(let context): clock.isCovered(by: context)
        }
    }

    /// The events with numbers from `start` on, and below `end`, that undo something, ascending; all are read.
    func undos(from start: Int, to end: Int) throws(ReplicaError) -> [Int] {
        var (found, number) = ([Int](), start)
        while number < end {
            if let state = try state(at: number) {
                for undo in state.undos where number + undo < end {
                    if try has(number + undo) { found.append(number + undo) }
                }
                number += kept.spacing
            } else {
                guard try has(number) else { break }
                if row(number).undoes != nil { found.append(number) }
                number += 1
            }
        }
        return found
    }

    /// The first number behind the events that lie between the state at `number` and the one before it, if none of these deletes or writes a field; nil otherwise, and where that cannot be told.
    func end(ofNoneWriting field: Name, from number: Int) throws(ReplicaError) -> Int? {
        guard let traits = try state(at: number)?.traits, !traits.has(.delete), !traits.has(.field(field)) else { return nil }
        return number + kept.spacing
    }

    /// The events between two states of which that of a number is the newest, or the oldest, and which traits they have; nil where there are none such.
    func span(at number: Int, isNewest: Bool) throws(ReplicaError) -> (numbers: Range<Int>, traits: SpanTraits)? {
        let newest = isNewest ? number : number + 1 - kept.spacing
        guard newest >= 0, let state = try state(at: newest) else { return nil }
        return (newest..<(newest + kept.spacing), state.traits)
    }

    // MARK: - Fields

    /// Whether events of the collection may have written the field.
    func isKnown(_ field: Name) -> Bool { written?.contains(field) ?? true }

    /// Whether no event from `number` on can have given the record a field that is neither among these nor fell to a delete among these events. False where that cannot be told.
    ///
    /// - Parameter isWhole: whether all events from `number` on are among those asked about.
    func hasNoField(but fields: Set<Name>, from number: Int, isWhole: Bool) throws(ReplicaError) -> Bool {
        if let written, written.isSubset(of: fields) { return true }
        guard isWhole, isFromNewest else { return false }
        // Only a delete lets a field vanish: what the record had then, it has now.
        guard try hasNoDelete(before: number) else { return false }
        return try current().fields.allSatisfy { fields.contains($0.field) }
    }

    /// What a field held with all events from `number` on, where that is what it holds now and nothing has been written over it since; nil where that cannot be told.
    func unchanged(_ field: Name, from number: Int) throws(ReplicaError) -> [(version: Version, time: HybridTime)]? {
        guard isFromNewest, number > 0, try hasNoDelete(before: number) else { return nil }
        var held: [(version: Version, time: HybridTime)] = []
        for version in try current().fields.first(where: { $0.field == field })?.versions ?? [] {
            // What had been live then and is not now would have been overwritten by something newer.
            guard let logged = try logged(version.dot), logged.position < positions[number - 1] else { return nil }
            held.append((version, logged.row.time))
        }
        return held
    }

    private func hasNoDelete(before number: Int) throws(ReplicaError) -> Bool {
        while deleteFree < number {
            // What nobody has asked for is read where that is not much beside what has been.
            guard steps[deleteFree] != nil || number - deleteFree <= Self.worthReading * steps.count, try has(deleteFree),
                row(deleteFree).body != .delete
            else { return false }
            deleteFree += 1
        }
        return true
    }

    private static var worthReading: Int { 4 }

    private func current() throws(ReplicaError) -> Record {
        if let now { return now }
        guard let record = try replica.recordWithoutTimes(key) else { preconditionFailure("a record with events is there") }
        now = record
        return record
    }
}
