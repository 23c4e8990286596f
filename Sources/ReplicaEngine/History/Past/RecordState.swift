internal import EventCore

/// A record after its first events: which of them are live, and where in the log they stand. What they say is read there.
struct RecordState: Hashable {
    struct Entry: Hashable {
        let field: Name
        /// The events of the field's live entries, newest first.
        let writers: [Position]
    }

    let clock: VersionVector
    /// Newest first; those that delete are the live deletes.
    let heads: [Position]
    /// Sorted by field.
    let entries: [Entry]
    /// Which of the last events, as many as lie between two states, undo something: how many others of these lie behind each. Ascending.
    let undos: [Int]
    /// Which of them have which traits.
    let traits: SpanTraits
}

/// The states of one record that are kept, by where the newest of their events stands.
struct RecordStates {
    /// How many events of the record lie between two states.
    let spacing: Int
    private let file: SavedRecordStates?
    private let states: [Position: [UInt8]]

    /// None.
    init() { (spacing, file, states) = (0, nil, [:]) }

    init(of file: SavedRecordStates, _ states: [Position: [UInt8]]) { (spacing, self.file, self.states) = (file.spacing, file, states) }

    func state(at position: Position) -> RecordState? { states[position].flatMap { file?.state($0, at: position) } }
}

/// The fold of a record's events in the order of the log, which notes where they stand.
struct RunningState {
    private struct Live {
        let dot: Dot
        let position: Position
    }

    private var clock = VersionVector()
    private var heads: [Live] = []
    private var entries: [Name: [Live]] = [:]
    /// How many events have been applied since the last state, and which of these undo something, and have which traits.
    private var count = 0
    private var undos: [Int] = []
    private var traits: [EventTrait: [Int]] = [:]

    init() {}

    /// Goes on from a state. A name is one row's dot.
    init(_ state: RecordState, _ dot: (Position) throws(ReplicaError) -> Dot) throws(ReplicaError) {
        func live(_ positions: [Position]) throws(ReplicaError) -> [Live] {
            var found: [Live] = []
            for position in positions.reversed() { found.append(Live(dot: try dot(position), position: position)) }
            return found
        }
        clock = state.clock
        heads = try live(state.heads)
        for entry in state.entries { entries[entry.field] = try live(entry.writers) }
    }

    /// A context that is written as heads stands for all that the record had in the log until then.
    mutating func apply(_ logged: LoggedRow) {
        let (row, own) = (logged.row, Live(dot: logged.row.dot, position: logged.position))
        heads.removeAll { row.covers($0.dot) }
        heads.append(own)
        switch row.body {
        case .delete:
            for field in Array(entries.keys) { drop(field, row) }
        case .write:
            for field in row.fields {
                drop(field, row)
                entries[field, default: []].append(own)
            }
        }
        if case .whole(let context) = row.context { clock.join(context) }
        clock.advance(to: row.dot)
        if row.undoes != nil { undos.append(count) }
        for trait in row.traits { traits[trait, default: []].append(count) }
        count += 1
    }

    private mutating func drop(_ field: Name, _ row: BlockReader.Row) {
        entries[field]?.removeAll { row.covers($0.dot) }
        if entries[field]?.isEmpty == true { entries[field] = nil }
    }

    /// The state after all that has been applied; those behind it are noted anew.
    mutating func takeState() -> RecordState {
        defer { (count, undos, traits) = (0, [], [:]) }
        func offsets(_ numbers: [Int]) -> [Int] { numbers.reversed().map { count - 1 - $0 } }
        return RecordState(
            clock: clock, heads: heads.map(\.position).reversed(),
            entries: entries.map { RecordState.Entry(field: $0.key, writers: $0.value.map(\.position).reversed()) }
                .sorted { $0.field < $1.field },
            undos: offsets(undos), traits: SpanTraits(traits.mapValues(offsets), of: count))
    }
}
