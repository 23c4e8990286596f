internal import EventCore

/// Which of a record's events between two states have which traits: of a trait that few have just these, of others that many have it, or none.
struct SpanTraits: Hashable {
    /// By trait how many others of these events lie behind each that has it, ascending; empty where many have it.
    let offsets: [EventTrait: [Int]]

    init(offsets: [EventTrait: [Int]]) { self.offsets = offsets }

    /// - Parameter all: by trait all events that have it, of so many.
    init(_ all: [EventTrait: [Int]], of count: Int) {
        let few = max(1, count / Self.fewOf)
        offsets = all.mapValues { $0.count <= few ? $0 : [] }
    }

    /// One in so many: beyond that most blocks have one anyway, and each takes a byte or two.
    private static var fewOf: Int { 16 }

    /// Whether any of the events has a trait.
    func has(_ trait: EventTrait) -> Bool { offsets[trait] != nil }

    /// How many others lie behind each event that a filter may let through; nil where that may be all.
    func passing(_ filter: AuditFilter) -> Set<Int>? {
        var passing: Set<Int>?
        for traits in filter.wishes {
            let some = traits.compactMap { offsets[$0] }
            // Many have one of these.
            if some.contains([]) { continue }
            let own = Set(some.joined())
            passing = passing?.intersection(own) ?? own
        }
        return passing
    }
}
