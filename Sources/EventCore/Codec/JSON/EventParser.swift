/// Reads events from their JSON form. Layout: EventFormat.md, "JSON form".
///
/// An instance can be used for many events and keeps its buffers; `Event(json:line:)` is for one.
package struct EventParser {
    /// What has been read of an event, and where that stands which is checked last.
    struct Members {
        var device: DeviceID?
        var seq: UInt64?
        var milliseconds: UInt64?
        var tick: UInt64 = 0
        var kind = EventKind.edit
        var collection: Name?
        var record: Name?
        var context = VersionVector()
        var set: [FieldWrite] = []
        var unset: [Name] = []
        var isDelete = false
        var undoes: Dot?
        var epoch: UInt64 = 0
        var note: Note?
        var isCritical = false

        /// A bit for each member that has been read, by its raw value.
        var seen: UInt32 = 0
        var contextPlace = 0
        var undoesPlace = 0
        var unsetPlaces: [Int] = []
    }

    /// No canonical form is longer than so many times its source; `1e20` is the worst.
    private static let greatestGrowth = 6

    var canonicalizer = JSONCanonicalizer()
    var names = NameCache()
    var scratch: [UInt8] = []
    var places: [Int] = []

    package init() {}

    /// Reads one event, with white space around it or not, from borrowed bytes.
    ///
    /// - Throws: a `JSONError` that names the place; `line` is the number of the first line.
    package mutating func event(_ bytes: UnsafeBufferPointer<UInt8>, line: Int = 1) throws(JSONError) -> Event {
        var scanner = JSONScanner(bytes, line: line)
        scanner.skipWhitespace()
        let start = scanner.offset
        var members = Members()
        guard scanner.next == UInt8(ascii: "{") else { throw scanner.unexpected() }
        var hasMore = scanner.first(before: UInt8(ascii: "}"))
        while hasMore {
            try member(&scanner, &members)
            hasMore = try scanner.another(before: UInt8(ascii: "}"))
        }
        try scanner.end()
        return try event(members, scanner, start: start)
    }

    /// The same; nil when there is nothing but white space.
    package mutating func eventUnlessBlank(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) throws(JSONError) -> Event? {
        var scanner = JSONScanner(bytes, line: line)
        scanner.skipWhitespace()
        return scanner.offset == bytes.count ? nil : try event(bytes, line: line)
    }

    private mutating func member(_ scanner: inout JSONScanner, _ members: inout Members) throws(JSONError) {
        let place = scanner.offset
        let text = try scanner.string()
        let found = try scanner.withText(text, scratch: &scratch) { (key) throws(JSONError) in EventMember(key: key) }
        guard let member = found else { throw scanner.failure(.unknownMember(try scanner.array(text)), at: place) }
        let bit: UInt32 = 1 << UInt32(member.rawValue)
        guard members.seen & bit == 0 else { throw scanner.failure(.duplicateKey(Array(member.word.utf8)), at: place) }
        members.seen |= bit
        try scanner.colon()
        switch member {
        case .device: members.device = try device(&scanner, of: member)
        case .seq: members.seq = try integer(&scanner, of: member, in: 1...Limits.seq)
        case .time: members.milliseconds = try integer(&scanner, of: member, in: 0...(Limits.timeMilliseconds - 1))
        case .tick: members.tick = try integer(&scanner, of: member, in: 0...UInt64(UInt16.max))
        case .kind: members.kind = try kind(&scanner)
        case .collection: members.collection = try name(&scanner, of: member)
        case .record: members.record = try name(&scanner, of: member)
        case .context:
            members.contextPlace = scanner.offset
            members.context = try context(&scanner)
        case .set: members.set = try writes(&scanner)
        case .unset: (members.unset, members.unsetPlaces) = try fields(&scanner)
        case .delete: members.isDelete = try boolean(&scanner, of: member)
        case .undoes:
            members.undoesPlace = scanner.offset
            members.undoes = try dot(&scanner, of: member)
        case .epoch: members.epoch = try integer(&scanner, of: member, in: 1...Limits.seq)
        case .note: members.note = try note(&scanner)
        case .critical: members.isCritical = try boolean(&scanner, of: member)
        }
    }

    /// Puts the members together; what only they together can break is refused here.
    private func event(_ members: Members, _ scanner: JSONScanner, start: Int) throws(JSONError) -> Event {
        guard let device = members.device else { throw scanner.failure(.missingMember(.device), at: start) }
        guard let seq = members.seq else { throw scanner.failure(.missingMember(.seq), at: start) }
        guard let milliseconds = members.milliseconds else { throw scanner.failure(.missingMember(.time), at: start) }
        guard let collection = members.collection else { throw scanner.failure(.missingMember(.collection), at: start) }
        guard let record = members.record else { throw scanner.failure(.missingMember(.record), at: start) }
        let body = try body(members, scanner, start: start)
        let event: Event
        do {
            event = try Event(
                dot: Dot(device: device, seq: seq), key: RecordKey(collection: collection, record: record), context: members.context,
                time: HybridTime(packed: milliseconds << 16 | members.tick), body: body, kind: members.kind, undoes: members.undoes,
                epoch: members.epoch, note: members.note, isCritical: members.isCritical)
        } catch {
            let (reason, place): (JSONError.Reason, Int) =
                switch error {
                case .contextCoversDot: (.member(.context, error), members.contextPlace)
                case .undoesWithoutUndo: (.member(.undoes, error), members.undoesPlace)
                default: (.event(error), start)
                }
            throw scanner.failure(reason, at: place)
        }
        if scanner.bytes.count > Limits.eventBytes / Self.greatestGrowth {
            let byteCount = event.canonicalJSON.count
            guard byteCount <= Limits.eventBytes else { throw scanner.failure(.event(.eventTooLarge(bytes: byteCount)), at: start) }
        }
        return event
    }

    private func body(_ members: Members, _ scanner: JSONScanner, start: Int) throws(JSONError) -> EventBody {
        if members.isDelete {
            guard members.set.isEmpty && members.unset.isEmpty else { throw scanner.failure(.deleteWithWrites, at: start) }
            return .delete
        }
        guard !members.set.isEmpty || !members.unset.isEmpty else { throw scanner.failure(.event(.emptyBody), at: start) }
        try checkDisjoint(members, scanner)
        return .write(set: members.set, unset: members.unset)
    }
}
