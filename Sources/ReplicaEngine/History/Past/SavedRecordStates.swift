internal import EventCore
internal import LogStore

/// The `states` file of a store: what records were after every so many of their events, up to a sealed end of the log, so that a past moment is reckoned from the state before it. Its content (`DerivedFile`):
///
/// - how many events of a record lie between two states
/// - devices (16 bytes each), collections, fields, traits (as `times` has them): what follows has their numbers
/// - to the end: records with states: collection, id, bytes of what follows; of each state bytes of what follows, position of its newest event, and
///   - the clock: devices and seqs
///   - heads, then of each field its number and the writers of its live entries: how far before that newest event each stands
///   - which events since the state before undo something: how many others of the record lie behind each
///   - the traits that some of these events have: of each its number, and in the same way the events; none where many have it
///
/// Numbers are varints, lists begin with their count, names are a length byte and UTF-8.
struct SavedRecordStates {
    static let fileName = "states"
    /// A stretch of so many events takes some ten to fifty milliseconds to be read: mostly each lies in a block of its own.
    static let usualSpacing = 1024
    private static let magic: StaticString = "SYNCSTA3"

    let spacing: Int
    private(set) var end: SealedEnd
    private var devices = Numbering<DeviceID>()
    private var collections = Numbering<Name>()
    private var fields = Numbering<Name>()
    private var traits = Numbering<EventTrait>()
    private var records: [RecordKey: [Position: [UInt8]]] = [:]

    /// None, before anything.
    init(spacing: Int) {
        self.spacing = spacing
        end = SealedEnd(segment: 0, position: Position(0), digest: .none)
    }

    /// The states of a record.
    func states(of key: RecordKey) -> RecordStates { records[key].map { RecordStates(of: self, $0) } ?? RecordStates() }

    /// How many there are.
    var count: Int { records.values.reduce(0) { $0 + $1.count } }

    // MARK: - Reading

    /// nil unless the bytes are whole.
    init?(_ bytes: [UInt8]) {
        let saved = DerivedFile.read(Self.magic, bytes) { (end, cursor) throws(BlockError) in try SavedRecordStates(end, &cursor) }
        guard let saved else { return nil }
        self = saved
    }

    private init(_ end: SealedEnd, _ cursor: inout ByteCursor) throws(BlockError) {
        self.end = end
        let start = cursor.offset
        guard let spacing = Int(exactly: try cursor.varint()), spacing > 0 else { throw .malformed(offset: start) }
        self.spacing = spacing
        (devices, collections, fields) = (try Numbering(&cursor), try Numbering(&cursor), try Numbering(&cursor))
        traits = try Numbering(&cursor)
        while !cursor.isAtEnd {
            let key = RecordKey(collection: try collections.value(&cursor), record: try cursor.name())
            var own = ByteCursor(try cursor.take(try cursor.count()))
            var states: [Position: [UInt8]] = [:]
            while !own.isAtEnd {
                var state = ByteCursor(try own.take(try own.count()))
                let position = Position(try state.varint())
                states[position] = Array(state.bytes[state.offset...])
            }
            records[key] = states
        }
    }

    /// A state from its bytes; nil for what is none.
    func state(_ bytes: [UInt8], at newest: Position) -> RecordState? {
        bytes.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            do throws(BlockError) { return try state(&cursor, newest) } catch { return nil }
        }
    }

    private func state(_ cursor: inout ByteCursor, _ newest: Position) throws(BlockError) -> RecordState {
        var clock = VersionVector()
        for _ in 0..<(try cursor.count()) { clock.advance(to: Dot(device: try devices.value(&cursor), seq: try cursor.varint())) }
        let heads = try positions(&cursor, newest)
        var entries: [RecordState.Entry] = []
        for _ in 0..<(try cursor.count()) {
            entries.append(RecordState.Entry(field: try fields.value(&cursor), writers: try positions(&cursor, newest)))
        }
        let undos = try offsets(&cursor)
        var some: [EventTrait: [Int]] = [:]
        for _ in 0..<(try cursor.count()) { some[try traits.value(&cursor)] = try offsets(&cursor) }
        return RecordState(clock: clock, heads: heads, entries: entries, undos: undos, traits: SpanTraits(offsets: some))
    }

    private func offsets(_ cursor: inout ByteCursor) throws(BlockError) -> [Int] {
        var found: [Int] = []
        for _ in 0..<(try cursor.count()) {
            let start = cursor.offset
            guard let offset = Int(exactly: try cursor.varint()), offset < spacing else { throw .malformed(offset: start) }
            found.append(offset)
        }
        return found
    }

    private func positions(_ cursor: inout ByteCursor, _ newest: Position) throws(BlockError) -> [Position] {
        var found: [Position] = []
        for _ in 0..<(try cursor.count()) {
            let start = cursor.offset
            let distance = try cursor.varint()
            guard distance <= newest.index else { throw .malformed(offset: start) }
            found.append(Position(newest.index - distance))
        }
        return found
    }

    // MARK: - Writing

    /// Adds a state of a record, whose newest event stands there.
    mutating func add(_ state: RecordState, of key: RecordKey, at newest: Position) {
        var bytes: [UInt8] = []
        func append(_ positions: [Position]) {
            bytes.appendVarint(positions.count)
            for position in positions { bytes.appendVarint(newest.index - position.index) }
        }
        func append(_ offsets: [Int]) {
            bytes.appendVarint(offsets.count)
            for offset in offsets { bytes.appendVarint(offset) }
        }
        bytes.appendVarint(state.clock.entries.count)
        for entry in state.clock.entries {
            bytes.appendVarint(devices.number(of: entry.device))
            bytes.appendVarint(entry.seq)
        }
        append(state.heads)
        bytes.appendVarint(state.entries.count)
        for entry in state.entries {
            bytes.appendVarint(fields.number(of: entry.field))
            append(entry.writers)
        }
        append(state.undos)
        // In an order of their own, so that the same log has the same file.
        let some = state.traits.offsets.map { (trait: $0, name: $0.bytes, offsets: $1) }
        bytes.appendVarint(some.count)
        for (trait, _, offsets) in some.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            bytes.appendVarint(traits.number(of: trait))
            append(offsets)
        }
        _ = collections.number(of: key.collection)
        records[key, default: [:]][newest] = bytes
    }

    /// The same up to a later end.
    func reaching(to end: SealedEnd) -> SavedRecordStates {
        var reaching = self
        reaching.end = end
        return reaching
    }

    /// The file.
    var bytes: [UInt8] {
        var (content, collections) = ([UInt8](), collections)
        content.appendVarint(spacing)
        devices.append(to: &content)
        for names in [collections, fields] { names.append(to: &content) }
        traits.append(to: &content)
        for (key, states) in records.sorted(by: { $0.key < $1.key }) {
            var own: [UInt8] = []
            for (newest, bytes) in states.sorted(by: { $0.key < $1.key }) {
                var state: [UInt8] = []
                state.appendVarint(newest.index)
                state += bytes
                own.appendVarint(state.count)
                own += state
            }
            content.appendVarint(collections.number(of: key.collection))
            content += [UInt8(key.record.utf8.count)] + key.record.utf8
            content.appendVarint(own.count)
            content += own
        }
        return DerivedFile.bytes(Self.magic, at: end, content)
    }
}
