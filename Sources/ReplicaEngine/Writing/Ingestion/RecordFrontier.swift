internal import EventCore

/// Where a record's history ends: its heads, and what each had seen. All that deciding about the record's next event needs, mostly; no values.
enum RecordFrontier {
    /// A head, and what its writer had seen; nil where only the log's history tells.
    struct Head {
        let dot: Dot
        let context: VersionVector?
    }

    /// What there is to know where more than one event is a head, or one had not seen all.
    struct Branched {
        /// The join of all contexts and dots.
        var clock = VersionVector()
        var heads: [Head] = []
        /// Whether the clock is the join of the heads' contexts and dots, so that the heads can stand for it.
        var isExact = true
    }

    /// The one head has seen all before it: the clock is its context and its dot.
    case linear(Dot, context: VersionVector)
    indirect case branched(Branched)

    /// The frontier of a record without an event.
    init() { self = .branched(Branched()) }

    /// The frontier as a table knows it, which does not keep what heads had seen.
    init(clock: VersionVector, form: ContextForm, heads: [Dot]) {
        let isExact = if case .heads = form { true } else { false }
        self = .branched(Branched(clock: clock, heads: heads.map { Head(dot: $0, context: nil) }, isExact: isExact))
    }

    /// Whether a context is the record's clock: its writer had seen all there is.
    func isClock(_ context: VersionVector) -> Bool {
        switch self {
        case .linear(let head, let seen): context.isEqual(to: seen, advancedTo: head)
        case .branched(let branched): context == branched.clock
        }
    }

    /// How a row writes a context that is the clock.
    var clockForm: ContextForm {
        switch self {
        case .linear(let head, _): .heads([head])
        case .branched(let branched): branched.isExact ? .heads(branched.heads.map(\.dot)) : .whole(branched.clock)
        }
    }

    /// Whether a context that is not the clock is closed for certain: it is the join of what some heads had seen, themselves included or not.
    ///
    /// False says nothing: then the record's history has to be asked.
    func vouches(for context: VersionVector) -> Bool {
        switch self {
        case .linear(_, let seen): return context == seen
        case .branched(let branched):
            var joined = VersionVector()
            for head in branched.heads {
                guard let seen = head.context, seen.isCovered(by: context) else { continue }
                joined.join(seen)
                if context.covers(head.dot) { joined.advance(to: head.dot) }
            }
            return joined == context
        }
    }

    /// Takes an event into account, as the fold does.
    mutating func add(_ dot: Dot, context: VersionVector, isClock: Bool) {
        guard !isClock else {
            self = .linear(dot, context: context)
            return
        }
        var branched = branched
        if branched.heads.contains(where: { context.covers($0.dot) && context[$0.dot.device] != $0.dot.seq }) { branched.isExact = false }
        branched.heads.removeAll { context.covers($0.dot) }
        branched.heads.append(Head(dot: dot, context: context))
        branched.clock.join(context)
        branched.clock.advance(to: dot)
        self = .branched(branched)
    }

    private var branched: Branched {
        switch self {
        case .branched(let branched): return branched
        case .linear(let head, let seen):
            var clock = seen
            clock.advance(to: head)
            return Branched(clock: clock, heads: [Head(dot: head, context: seen)])
        }
    }
}
