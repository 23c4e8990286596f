/// How conflicts over a field are decided without a person. Pure functions of base and siblings, applied when reading; they write nothing.
package enum Policy: String, Hashable, Sendable, CaseIterable {
    /// A person decides.
    case manual
    /// The greatest rank.
    case latest
    /// The greatest epoch, then the greatest rank.
    case master
    /// The greatest of numbers, or of strings by bytes.
    case max
    /// The least of numbers, or of strings by bytes.
    case min
    /// Arrays as sets: what every side has, and what any side has and the base has not.
    case union
    /// Strings, three-way by line, where no lines overlap.
    case text
    /// Only for a whole record: more than one head is a conflict.
    case record

    /// The policy that is named by these bytes; nil when there is none.
    package init?(word: some Sequence<UInt8>) {
        guard let policy = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word) }) else { return nil }
        self = policy
    }

    /// The word in `_policy` records.
    package var word: String { rawValue }
}

extension Policy {
    /// What becomes of entries that disagree. Their order plays no part.
    ///
    /// - Parameter base: what the field held after the events that all of them had seen; nil is *removed*.
    package func decision(base: [FieldValue?], contenders: [Contender]) -> Decision {
        switch self {
        case .manual, .record: .open
        case .latest, .master: winner(contenders).map { Decision($0.value) } ?? .open
        case .max, .min, .union, .text: AutomaticMerge(base: base, values: contenders.map(\.value)).decision(by: self)
        }
    }

    /// The contender that wins as a whole, whatever it holds; nil for policies that look at values.
    package func winner(_ contenders: [Contender]) -> Contender? {
        switch self {
        case .latest: contenders.max { $0.rank < $1.rank }
        case .master: contenders.max { ($0.epoch, $0.rank) < ($1.epoch, $1.rank) }
        case .manual, .max, .min, .union, .text, .record: nil
        }
    }
}

extension Name {
    /// The collection of policies: `_policy`.
    package static let policies = Name(unchecked: Array("_policy".utf8))
}
