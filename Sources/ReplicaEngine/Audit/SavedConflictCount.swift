internal import EventCore
internal import LogStore

/// The `counts` file of a store: what has been counted of conflicts up to a sealed end of the log, so that only what came behind it has to be looked at. Its content (`DerivedFile`):
///
/// - devices (16 bytes each), collections, fields: later parts have their numbers
/// - concurrent events
/// - groups: collection, field + 1 (0 for delete against edit), devices; conflicts that agreed, conflicts that stand; durations as deltas
/// - bytes of: conflicts that were settled, in the order of the log where they are of one record: collection, id, bytes of what follows; field + 1, devices, when it began, duration
/// - to the end: records with conflicts that stand: collection, id, position of the newest event + 1 (0 where that is not known), bytes of what follows; of each conflict field + 1, devices, when it began
///
/// Numbers are varints, lists begin with their count, names are a length byte and UTF-8.
struct SavedConflictCount {
    static let fileName = "counts"
    private static let magic: StaticString = "SYNCCNT3"

    let end: SealedEnd
    private(set) var count = ConflictCount()
    private var devices = Numbering<DeviceID>()
    private var collections = Numbering<Name>()
    private var fields = Numbering<Name>()
    /// The records of the file that have not been taken into `count`.
    private var rest: [UInt8] = []
    /// The settled conflicts of the file that have not been taken into `count`.
    private var settled: [UInt8] = []

    /// Where the newest events stand of the records that have been taken into `count`, as far as that is known.
    private var newest: [RecordKey: Position] = [:]

    /// A count of all events up to there.
    ///
    /// - Parameter newest: where a record's newest event up to there stands.
    init(_ count: ConflictCount, at end: SealedEnd, newest: (RecordKey) -> Position? = { _ in nil }) {
        (self.count, self.end) = (count, end)
        for key in count.standing.keys { self.newest[key] = newest(key) }
    }

    /// The same with all that came behind it, up to there.
    func goneOn(_ count: ConflictCount, to end: SealedEnd) -> SavedConflictCount {
        SavedConflictCount(count: count, end: end, like: self)
    }

    /// The same with where each record's newest event stands now.
    func goneOn(_ count: ConflictCount, to end: SealedEnd, newest: (RecordKey) -> Position?) -> SavedConflictCount {
        var all = goneOn(count, to: end)
        for key in count.standing.keys { all.newest[key] = newest(key) }
        var (renewed, collections) = ([UInt8](), all.collections)
        try? forEachInRest { entry, contests in
            Self.append(entry.key, newest(entry.key), contests.bytes, &collections, to: &renewed)
        }
        all.rest = renewed
        return all
    }

    private init(count: ConflictCount, end: SealedEnd, like saved: SavedConflictCount) {
        (self.count, self.end, rest, settled) = (count, end, saved.rest, saved.settled)
        (devices, collections, fields) = (saved.devices, saved.collections, saved.fields)
    }

    // MARK: - Reading

    /// nil unless the bytes are whole.
    init?(_ bytes: [UInt8]) {
        let saved = DerivedFile.read(Self.magic, bytes) { (end, cursor) throws(BlockError) in try SavedConflictCount(end, &cursor) }
        guard let saved else { return nil }
        self = saved
    }

    private init(_ end: SealedEnd, _ cursor: inout ByteCursor) throws(BlockError) {
        self.end = end
        (devices, collections, fields) = (try Numbering(&cursor), try Numbering(&cursor), try Numbering(&cursor))
        count.concurrentEvents = Int(truncatingIfNeeded: try cursor.varint())
        for _ in 0..<(try cursor.count()) {
            let collection = try collections.value(&cursor)
            let group = ConflictCount.Group(
                collection: collection, field: try nextField(&cursor), devices: try nextDevices(&cursor))
            var tally = ConflictCount.Tally()
            tally.automatic = Int(truncatingIfNeeded: try cursor.varint())
            tally.standingElsewhere = Int(truncatingIfNeeded: try cursor.varint())
            var last: UInt64 = 0
            for _ in 0..<(try cursor.count()) {
                last &+= try cursor.varint()
                tally.durations.append(last)
            }
            count.tallies[group] = tally
        }
        settled = Array(try cursor.take(try cursor.count()))
        rest = Array(try cursor.take(cursor.bytes.count - cursor.offset))
    }

    private func nextField(_ cursor: inout ByteCursor) throws(BlockError) -> Name? {
        let start = cursor.offset
        let number = try cursor.varint()
        guard number <= UInt64(fields.values.count) else { throw .malformed(offset: start) }
        return number == 0 ? nil : fields.values[Int(number) - 1]
    }

    private func nextDevices(_ cursor: inout ByteCursor) throws(BlockError) -> [DeviceID] {
        var found: [DeviceID] = []
        for _ in 0..<(try cursor.count()) { found.append(try devices.value(&cursor)) }
        return found.sorted()
    }

    /// A record of the file.
    private struct Entry {
        let key: RecordKey
        let newest: Position?
        /// Where it stands in the rest.
        let bytes: Range<Int>
    }

    /// Calls `body` with the records that have not been taken into the count, and what is in conflict there.
    private func forEachInRest(_ body: (Entry, inout ByteCursor) throws(BlockError) -> Void) throws(BlockError) {
        let result = rest.withUnsafeBytes { bytes in
            Result { () throws(BlockError) in
                var cursor = ByteCursor(bytes)
                while !cursor.isAtEnd {
                    let start = cursor.offset
                    let key = RecordKey(collection: try collections.value(&cursor), record: try cursor.name())
                    let newest = try cursor.varint()
                    var contests = ByteCursor(try cursor.take(try cursor.count()))
                    try body(Entry(key: key, newest: newest == 0 ? nil : Position(newest - 1), bytes: start..<cursor.offset), &contests)
                }
            }
        }
        try result.get()
    }

    /// Takes the conflicts of the records that are wanted, and not taken in yet, into the count.
    mutating func take(_ isWanted: (RecordKey) -> Bool) throws(BlockError) {
        take(try split { (entry, _) in isWanted(entry.key) })
    }

    /// Takes the settled conflicts of the records that are wanted, and not taken in yet, into the count.
    mutating func takeSettled(_ isWanted: (RecordKey) -> Bool) throws(BlockError) {
        var left: [UInt8] = []
        left.reserveCapacity(settled.count)
        let result = settled.withUnsafeBytes { bytes in
            Result { () throws(BlockError) in
                var taken: [RecordKey: [Name?: [ConflictCount.Settled]]] = [:]
                var cursor = ByteCursor(bytes)
                while !cursor.isAtEnd {
                    let start = cursor.offset
                    let key = RecordKey(collection: try collections.value(&cursor), record: try cursor.name())
                    var conflict = ByteCursor(try cursor.take(try cursor.count()))
                    guard isWanted(key) else {
                        left += UnsafeRawBufferPointer(rebasing: bytes[start..<cursor.offset])
                        continue
                    }
                    let field = try nextField(&conflict)
                    let contest = ConflictCount.Contest(devices: Set(try nextDevices(&conflict)), began: try conflict.varint())
                    taken[key, default: [:]][field, default: []]
                        .append(ConflictCount.Settled(contest: contest, duration: try conflict.varint()))
                }
                return taken
            }
        }
        for (key, fields) in try result.get() { for (field, conflicts) in fields { count.take(conflicts, of: key, field) } }
        settled = left
    }

    /// How many conflicts of which groups are decided, of records of some collections that have not been taken into the count. Records of which that is not known are taken in.
    ///
    /// - Parameter decided: what is decided of the record of a collection whose newest event stands at a position; nil where that is not known.
    mutating func decidedCounts(
        of isWanted: (Name) -> Bool, _ decided: (Name, Position) -> Decided?
    ) throws(BlockError) -> [ConflictCount.Group: Int] {
        var counts: [ConflictCount.Group: Int] = [:]
        let found = try split { (entry, contests) throws(BlockError) in
            guard isWanted(entry.key.collection) else { return false }
            guard let decided = entry.newest.flatMap({ decided(entry.key.collection, $0) }) else { return true }
            while !decided.fields.isEmpty && !contests.isAtEnd {
                let field = try nextField(&contests)
                let group = ConflictCount.Group(collection: entry.key.collection, field: field, devices: try nextDevices(&contests))
                _ = try contests.varint()
                if decided.fields.contains(field) { counts[group, default: 0] += 1 }
            }
            return false
        }
        take(found)
        return counts
    }

    private typealias Split = (left: [UInt8], taken: [(entry: Entry, contests: [Name?: ConflictCount.Contest])])

    private func split(_ isTaken: (Entry, inout ByteCursor) throws(BlockError) -> Bool) throws(BlockError) -> Split {
        var (left, taken): Split = ([], [])
        try forEachInRest { (entry, contests) throws(BlockError) in
            let start = contests
            guard try isTaken(entry, &contests) else {
                left += rest[entry.bytes]
                return
            }
            contests = start
            var found: [Name?: ConflictCount.Contest] = [:]
            while !contests.isAtEnd {
                let field = try nextField(&contests)
                found[field] = ConflictCount.Contest(devices: Set(try nextDevices(&contests)), began: try contests.varint())
            }
            taken.append((entry, found))
        }
        return (left, taken)
    }

    private mutating func take(_ found: Split) {
        rest = found.left
        for (entry, contests) in found.taken {
            newest[entry.key] = entry.newest
            count.take(contests, of: entry.key)
        }
    }

    // MARK: - Writing

    /// The file.
    var bytes: [UInt8] {
        var (devices, collections, fields) = (devices, collections, fields)
        func number(_ field: Name?) -> Int { field.map { fields.number(of: $0) + 1 } ?? 0 }
        func append(_ list: some Sequence<DeviceID>, to bytes: inout [UInt8]) {
            let numbers = list.map { devices.number(of: $0) }.sorted()
            bytes.appendVarint(numbers.count)
            for number in numbers { bytes.appendVarint(number) }
        }
        var parts: [UInt8] = []
        parts.appendVarint(max(0, count.concurrentEvents))
        let standing = count.standingCounts
        parts.appendVarint(standing.count)
        for (group, standing) in standing {
            let tally = count.tallies[group] ?? ConflictCount.Tally()
            parts.appendVarint(collections.number(of: group.collection))
            parts.appendVarint(number(group.field))
            append(group.devices, to: &parts)
            for number in [tally.automatic, standing, tally.durations.count] { parts.appendVarint(max(0, number)) }
            var last: UInt64 = 0
            for duration in tally.durations {
                parts.appendVarint(duration &- last)
                last = duration
            }
        }
        var settled = settled
        for (key, fields) in count.settled {
            for (field, conflicts) in fields {
                for conflict in conflicts {
                    var own: [UInt8] = []
                    own.appendVarint(number(field))
                    append(conflict.contest.devices, to: &own)
                    own.appendVarint(conflict.contest.began)
                    own.appendVarint(conflict.duration)
                    Self.append(key, &collections, to: &settled)
                    settled.appendVarint(own.count)
                    settled += own
                }
            }
        }
        parts.appendVarint(settled.count)
        parts += settled
        parts += rest
        for (key, contests) in count.standing {
            var own: [UInt8] = []
            for (field, contest) in contests {
                own.appendVarint(number(field))
                append(contest.devices, to: &own)
                own.appendVarint(contest.began)
            }
            own.withUnsafeBytes { Self.append(key, newest[key], $0, &collections, to: &parts) }
        }
        var content: [UInt8] = []
        devices.append(to: &content)
        for names in [collections, fields] { names.append(to: &content) }
        return DerivedFile.bytes(Self.magic, at: end, content + parts)
    }

    private static func append(
        _ key: RecordKey, _ newest: Position?, _ contests: UnsafeRawBufferPointer, _ collections: inout Numbering<Name>,
        to bytes: inout [UInt8]
    ) {
        append(key, &collections, to: &bytes)
        bytes.appendVarint(newest.map { $0.index + 1 } ?? 0)
        bytes.appendVarint(contests.count)
        bytes += contests
    }

    private static func append(_ key: RecordKey, _ collections: inout Numbering<Name>, to bytes: inout [UInt8]) {
        bytes.appendVarint(collections.number(of: key.collection))
        bytes += [UInt8(key.record.utf8.count)] + key.record.utf8
    }
}
