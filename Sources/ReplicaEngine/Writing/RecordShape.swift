internal import EventCore

/// What deciding about a record's next event needs to know of the record: no values.
struct RecordShape {
    /// The join of all contexts and dots.
    private(set) var clock = VersionVector()
    private(set) var heads: [Dot] = []
    /// Whether the clock is the join of the heads' contexts and dots, so that the heads can stand for it.
    private(set) var isExact = true

    init() {}

    init(clock: VersionVector, form: ContextForm, heads: [Dot]) {
        self.clock = clock
        self.heads = heads
        if case .whole = form { isExact = false }
    }

    /// How a row writes this context.
    func form(of context: VersionVector) -> ContextForm {
        context == clock && isExact ? .heads(heads) : .whole(context)
    }

    /// Takes an event into account, as the fold does.
    mutating func add(_ dot: Dot, context: VersionVector) {
        if context == clock {
            isExact = true
        } else if heads.contains(where: { context.covers($0) && context[$0.device] != $0.seq }) {
            isExact = false
        }
        heads.removeAll { context.covers($0) }
        heads.append(dot)
        clock.join(context)
        clock.advance(to: dot)
    }
}
