/// Why an event was written. It changes nothing in the fold.
public enum EventKind: UInt8, Hashable, Sendable, CaseIterable {
    /// An ordinary change.
    case edit = 0
    /// It settles a conflict.
    case resolve = 1
    /// It takes another event back.
    case undo = 2
    /// It came from outside.
    case `import` = 3

    /// The word in the JSON form.
    public var word: String {
        switch self {
        case .edit: "edit"
        case .resolve: "resolve"
        case .undo: "undo"
        case .import: "import"
        }
    }

    /// The kind that `word` names in the JSON form.
    public init?(word: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.word.utf8.elementsEqual(word.utf8) }) else { return nil }
        self = kind
    }
}
