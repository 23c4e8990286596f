internal import EventCore
internal import LogStore

/// The `counts` file of a store: what has been counted of conflicts up to a sealed end of the log, so that only what came behind it has to be looked at. Its content (`DerivedFile`):
///
/// - devices (16 bytes each), collections, fields: later parts have their numbers
/// - concurrent events
/// - groups: collection, field + 1 (0 for delete against edit), devices; conflicts that agreed, conflicts that stand; durations as deltas
/// - to the end: records with conflicts that stand: collection, id, bytes of what follows; of each conflict field + 1, devices, time of the youngest side
///
/// Numbers are varints, lists begin with their count, names are a length byte and UTF-8.
struct SavedConflictCount {
    static let fileName = "counts"
    private static let magic: StaticString = "SYNCCNT1"

    let end: SealedEnd
    private(set) var count = ConflictCount()
    private var devices = Numbering<DeviceID>()
    private var collections = Numbering<Name>()
    private var fields = Numbering<Name>()
    /// The records of the file that have not been taken into `count`.
    private var rest: [UInt8] = []

    /// A count of all events up to there.
    init(_ count: ConflictCount, at end: SealedEnd) { (self.count, self.end) = (count, end) }

    /// The same with all that came behind it, up to there.
    func goneOn(_ count: ConflictCount, to end: SealedEnd) -> SavedConflictCount {
        SavedConflictCount(count: count, end: end, devices: devices, collections: collections, fields: fields, rest: rest)
    }

    private init(
        count: ConflictCount, end: SealedEnd, devices: Numbering<DeviceID>, collections: Numbering<Name>, fields: Numbering<Name>,
        rest: [UInt8]
    ) {
        (self.count, self.end, self.rest) = (count, end, rest)
        (self.devices, self.collections, self.fields) = (devices, collections, fields)
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

    /// Takes the conflicts of the records that are wanted, and not taken in yet, into the count.
    mutating func take(_ isWanted: (RecordKey) -> Bool) throws(BlockError) {
        var taken: [(key: RecordKey, contests: [Name?: ConflictCount.Contest])] = []
        let result = rest.withUnsafeBytes { bytes in
            Result { () throws(BlockError) -> [UInt8] in
                var (left, cursor) = ([UInt8](), ByteCursor(bytes))
                while !cursor.isAtEnd {
                    let start = cursor.offset
                    let key = RecordKey(collection: try collections.value(&cursor), record: try cursor.name())
                    let length = try cursor.count()
                    var contests = ByteCursor(try cursor.take(length))
                    guard isWanted(key) else {
                        left += bytes[start..<cursor.offset]
                        continue
                    }
                    var found: [Name?: ConflictCount.Contest] = [:]
                    while !contests.isAtEnd {
                        let field = try nextField(&contests)
                        found[field] = ConflictCount.Contest(devices: Set(try nextDevices(&contests)), youngest: try contests.varint())
                    }
                    taken.append((key, found))
                }
                return left
            }
        }
        rest = try result.get()
        for (key, contests) in taken { count.take(contests, of: key) }
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
        parts += rest
        for (key, contests) in count.standing {
            var own: [UInt8] = []
            for (field, contest) in contests {
                own.appendVarint(number(field))
                append(contest.devices, to: &own)
                own.appendVarint(contest.youngest)
            }
            parts.appendVarint(collections.number(of: key.collection))
            parts += [UInt8(key.record.utf8.count)] + key.record.utf8
            parts.appendVarint(own.count)
            parts += own
        }
        var content: [UInt8] = []
        devices.append(to: &content)
        for names in [collections, fields] { names.append(to: &content) }
        return DerivedFile.bytes(Self.magic, at: end, content + parts)
    }
}
