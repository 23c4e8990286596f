internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// What is said below a conflict: how it is settled, of which only that which does something to it.
extension ConflictPage {
    func hint(_ conflict: Conflict) -> String? {
        let (possible, letters) = (Possible(conflict), conflict.sides.indices.map(Self.letter))
        let first = letters.first ?? "a", last = letters.last ?? "b"
        switch way {
        case .nothing: return nil
        case .command(let program):
            let others = [
                possible.merge ? "--merge" : "--choose \(letters.dropFirst().first ?? last)", possible.set ? "--set field=value" : nil,
            ].compactMap(\.self)
            let record = Arguments.typed(record.key)
            return "settle it: \(program)resolve \(record) --choose \(first)   or   \(others.joined(separator: ", "))"
        case .words:
            let field = possible.field.map { " · \(first) \(CommandWords.typed($0.text)) takes one field" } ?? ""
            let sides = "\(letters.joined(separator: " or ")) takes that side\(field) · \(last)* the rest"
            return "\(sides) · \(possible.words.joined(separator: ", ")) · done writes it"
        }
    }

    /// What can be done to a conflict of which nothing is answered yet.
    private struct Possible {
        let merge: Bool
        let set: Bool
        /// One that can be taken alone from the first side.
        let field: Name?
        let words: [String]

        init(_ conflict: Conflict) {
            let resolution = Resolution(of: conflict)
            merge = (try? resolution.merging().draft()) != nil
            field = conflict.openFields.map(\.field).first { name in
                conflict.sides.first.map { (try? resolution.choosing([$0.dot], for: name)) != nil } ?? false
            }
            set = (try? resolution.keepingAnEdit()) != nil
            // Where fields are open some field may take each of them; where a record stands against its delete there may be no such field.
            let isWhole = resolution.isWholeOpen
            let both = (try? resolution.takingBoth()) != nil
            words = [
                isWhole && !merge ? nil : "merge", isWhole && !set ? nil : "edit", "base", isWhole && !both ? nil : "both",
                isWhole && !set ? nil : "set", "later",
            ].compactMap(\.self)
        }
    }
}
