internal import EventCore
internal import LogStore

/// States of records with many events, kept in the `states` file. The `checkpoint` command makes it, and each later checkpoint goes on with it: for one record it takes longer than to do without.
extension Replica {
    /// The states of a record that are kept.
    func states(of key: RecordKey) -> RecordStates { savedStates?.states(of: key) ?? RecordStates() }

    private var savedStates: SavedRecordStates? {
        if let knownStates { return knownStates.file }
        let saved = derivedFile(SavedRecordStates.fileName).flatMap(SavedRecordStates.init)
        let found = saved.flatMap { log.contains($0.end) ? $0 : nil }
        knownStates = KnownStates(file: found)
        return found
    }

    /// Sees to it that the states up to the sealed end of the log are in the file.
    package func saveStates() throws(ReplicaError) { try saveStates(every: SavedRecordStates.usualSpacing) }

    /// Goes on with the file where there is one. That it cannot be done is no harm.
    func goOnWithStates() { if let saved = savedStates { try? saveStates(every: saved.spacing) } }

    /// - Parameter spacing: so many events of a record lie between two states; a file with another spacing is made anew.
    func saveStates(every spacing: Int) throws(ReplicaError) {
        guard let sealed = log.sealedEnd else { return }
        let saved = savedStates.flatMap { $0.spacing == spacing ? $0 : nil }
        if saved?.end == sealed { return }
        let found = try states(upTo: sealed, goingOn: saved ?? SavedRecordStates(spacing: spacing))
        knownStates = KnownStates(file: found)
        replaceDerivedFile(SavedRecordStates.fileName, with: found.bytes)
    }

    /// Events of one record that lie between two states.
    private struct Span {
        /// The newest event of the state before; nil for the record's first events.
        let before: Position?
        /// Oldest first.
        let positions: [Position]
    }

    private func states(upTo end: SealedEnd, goingOn saved: SavedRecordStates) throws(ReplicaError) -> SavedRecordStates {
        let spans = try spans(of: saved.spacing, from: saved.end.position, to: end.position)
        let steps = spans.indices.flatMap { number in spans[number].positions.map { (position: $0, of: number) } }
        var found = saved
        // By where the state before stands, and by span.
        var (done, running) = ([Position: RunningState](), [Int: RunningState]())
        try Self.blocks(of: log, holding: steps) { (block, inBlock) throws(ReplicaError) in
            for (at, row) in zip(inBlock, try rows(at: inBlock.map { $0.position }[...], in: block)) {
                let span = spans[at.of]
                let begun = running.removeValue(forKey: at.of)
                var state = if let begun { begun } else { try begin(span, row.key, saved, &done) }
                state.apply(LoggedRow(position: at.position, row: row))
                if at.position == span.positions.last {
                    found.add(state.takeState(), of: row.key, at: at.position)
                    done[at.position] = state
                } else {
                    running[at.of] = state
                }
            }
        }
        return found.reaching(to: end)
    }

    private func begin(
        _ span: Span, _ key: RecordKey, _ saved: SavedRecordStates, _ done: inout [Position: RunningState]
    ) throws(ReplicaError) -> RunningState {
        guard let before = span.before else { return RunningState() }
        if let state = done.removeValue(forKey: before) { return state }
        guard let state = saved.states(of: key).state(at: before) else { preconditionFailure("the file has all states up to its end") }
        return try RunningState(state) { (position) throws(ReplicaError) in try row(at: position).dot }
    }

    /// Where states come to lie, by one look at which event comes before which.
    private func spans(of spacing: Int, from start: Position, to end: Position) throws(ReplicaError) -> [Span] {
        precondition(spacing > 0 && spacing <= UInt16.max)
        return try reading { (table) throws(CheckpointDamage) -> [Span] in
            // How many events of the record lie between the state before and this one.
            var counts = [UInt16](repeating: 0, count: Int(end.index))
            var spans: [Span] = []
            for index in counts.indices {
                let newest = Position(UInt64(index))
                let count = try table.position(before: newest).map { counts[Int($0.index)] } ?? 0
                counts[index] = count == spacing ? 1 : count + 1
                guard counts[index] == spacing, newest >= start else { continue }
                var (positions, next) = ([Position](), Optional(newest))
                while let position = next, positions.count < spacing {
                    positions.append(position)
                    next = try table.position(before: position)
                }
                spans.append(Span(before: next, positions: positions.reversed()))
            }
            return spans
        }
    }
}

/// What is known of the `states` file.
struct KnownStates {
    /// nil where there is none that is good.
    let file: SavedRecordStates?
}
