internal import EventCore
internal import ReplicaEngine

/// What the word for a side means.
enum SideChoice: Hashable {
    case sides([Dot])
    /// What all sides had seen.
    case base
    /// The values of all sides as a list.
    case both
}

/// Reads the words that name a conflict's sides: a letter as `show` prints it, a device, `device:seq`, `base`, `both`.
struct SideNames {
    let conflict: Conflict
    let session: Session
    let store: Store
    /// Letters belong to one conflict; over several of them they mean nothing.
    var hasLetters = true
    /// Whether what is chosen is shown before it is written: then a letter is a letter, though a device may be called so.
    var isShownFirst = false

    /// Words that are no device's, unless somebody here named one so.
    static let words: Set<String> = ["base", "both"]

    func choice(_ text: String) throws -> SideChoice {
        if hasLetters, let index = conflict.sides.indices.first(where: { ConflictPage.letter($0) == text.lowercased() }) {
            let device = conflict.sides[index].standsFor.device
            let called = conflict.sides.filter { store.names[$0.standsFor.device] == text && $0.standsFor.device != device }
            guard called.isEmpty || isShownFirst else {
                throw ConsoleError.usage(
                    "“\(text)” is the letter of \(name(of: conflict.sides[index].dot)), and a device is called so",
                    hint: "name the side as device:seq, or by the start of its device's id")
            }
            return .sides([conflict.sides[index].dot])
        }
        if !store.names.isGiven(text) {
            switch text {
            case "base": return .base
            case "both": return .both
            default: break
            }
        }
        let dots = try dots(text).filter { dot in conflict.sides.contains { $0.dot == dot } }
        guard !dots.isEmpty else {
            throw ConsoleError(
                code: "no-such-side", "“\(text)” is no side of it",
                hint: "the sides are: " + conflict.sides.map { name(of: $0.dot) }.joined(separator: ", "))
        }
        return .sides(dots)
    }

    /// A side's letter and its device.
    func name(of dot: Dot) -> String {
        guard let index = conflict.sides.firstIndex(where: { $0.dot == dot }) else { return session.name(of: dot.device, in: store) }
        return "\(ConflictPage.letter(index)) \(session.name(of: conflict.sides[index].standsFor.device, in: store))"
    }

    private func dots(_ text: String) throws -> [Dot] {
        // A letter that is no side's must not happen to fit the start of a device's id.
        if text.count == 1, !store.names.devices.contains(where: { store.names[$0] == text }) { return [] }
        if text.contains(":") {
            let dot = try session.dot(text, in: store)
            return conflict.sides.first { $0.standsFor == dot }.map { [$0.dot] } ?? [dot]
        }
        let device = try session.device(text, in: store)
        let own = conflict.sides.filter { $0.standsFor.device == device }
        // A value that an undo brought back is its author's, where that one has no side.
        let meant = own.isEmpty ? conflict.sides.filter { $0.restored.values.contains { $0.device == device } } : own
        // Where two devices undid the same, several sides are one: the first stands for the others.
        return meant.indices.filter { index in !meant[..<index].contains { $0.standsFor == meant[index].standsFor } }.map { meant[$0].dot }
    }
}

extension Resolution {
    /// Applies a choice to everything that is contested.
    func applying(_ choice: SideChoice) throws(ResolutionError) -> Resolution {
        switch choice {
        case .sides(let dots): try choosing(dots)
        case .base: try takingBase()
        case .both: try takingBoth()
        }
    }

    /// Applies a choice to what is still open.
    func applyingRest(_ choice: SideChoice) throws(ResolutionError) -> Resolution {
        if case .sides(let dots) = choice { return try choosingRest(dots) }
        if isWholeOpen { return try applying(choice) }
        guard !isComplete else { throw .nothingOpen }
        var next = self
        for field in openFields { next = try next.applying(choice, to: field) }
        return next
    }

    /// Applies a choice to one field.
    func applying(_ choice: SideChoice, to field: Name) throws(ResolutionError) -> Resolution {
        switch choice {
        case .sides(let dots): try choosing(dots, for: field)
        case .base: try takingBase(of: field)
        case .both: try takingBoth(of: field)
        }
    }
}
