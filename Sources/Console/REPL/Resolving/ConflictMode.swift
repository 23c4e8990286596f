internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// An open conflict at the prompt: words in, what is to be done out. Nothing is written before `done`.
struct ConflictMode {
    enum Effect: Hashable {
        case show(isWhole: Bool)
        /// Show what would be written.
        case preview
        case edit(field: Name?)
        /// Run a command.
        case run([String])
        case write(note: String?)
        /// Go on to the next conflict.
        case next
        case leave
        /// Answer every conflict that matches, by the words of `resolve --all`.
        case all([String])
    }

    /// Which one it is of those that were listed, from 1.
    let number: Int
    let total: Int
    private(set) var resolution: Resolution
    /// Answers to the same questions, given here before.
    let suggestions: [Name: Suggestion]
    /// The last choice for the whole record, as options of `resolve`.
    private(set) var lastChoice: [String]?

    /// What a word for a side means; throws when it is none.
    let side: (String) throws -> SideChoice
    /// What a side is called.
    let name: (Dot) -> String

    init(
        _ conflict: Conflict, number: Int, total: Int, suggestions: [Name: Suggestion] = [:],
        side: @escaping (String) throws -> SideChoice, name: @escaping (Dot) -> String
    ) {
        self.number = number
        self.total = total
        self.suggestions = suggestions
        self.side = side
        self.name = name
        resolution = Resolution(of: conflict)
    }

    var conflict: Conflict { resolution.conflict }

    func isSide(_ text: String) -> Bool { (try? side(text)) != nil }

    private var record: String { Arguments.text(conflict.key) }

    /// Whether something was chosen that leaving would lose.
    var isUnfinished: Bool { resolution.isDelete || !resolution.answeredFields.isEmpty }

    /// What was chosen, in words.
    var choices: [String] {
        if resolution.isDelete { return ["the delete"] }
        return resolution.answeredFields.map { field in
            guard let answer = resolution.answer(field) else { return field.text }
            return "\(field.text) = \(answer.value.map { Printable.cut($0.description, to: 60) } ?? ValueText.removed)"
        }
    }

    var prompt: StyledText {
        let contested = conflict.openFields.count
        let open = resolution.openFields.count
        let state =
            if resolution.isWholeOpen { "delete against edit" } else if resolution.isComplete { "done writes it" } else if contested > 0 {
                "\(open) of \(contested) field\(contested == 1 ? "" : "s") open"
            } else { "open" }
        let record = Printable.cut(Arguments.shown(conflict.key), to: 32)
        return "conflict \(number)/\(total) " + StyledText(record, .strong) + StyledText(" (\(state)) › ")
    }

    /// Does what the words say; nil when they are none of a conflict's.
    mutating func step(_ words: [String]) throws -> [Effect]? {
        guard let word = ConflictWord(words, isSide: isSide) else {
            if let usage = ConflictWord.usage(words, isSide: isSide) { throw ConsoleError.usage(usage.sentence, hint: usage.hint) }
            return nil
        }
        do {
            var next = self
            let effects = try next.step(word)
            try next.resolution.checkSize()
            self = next
            return effects
        } catch let error as ResolutionError { throw ConsoleError(error, name: name, isInConflict: true) }
    }

    private mutating func step(_ word: ConflictWord) throws -> [Effect] {
        switch word {
        case .side(let text, let field):
            let choice = try side(text)
            if field != nil && conflict.fields.isEmpty {
                throw ConsoleError(
                    code: "not-contested", "a delete stands against an edit, and no field is contested",
                    hint: "`\(text)` takes that side as a whole; `edit` and `set` change what is kept")
            }
            try choose(field, { try $0.applying(choice) }, { try $0.applying(choice, to: $1) }, ["--choose", whom(choice, text)])
        case .rest(let text): resolution = try resolution.applyingRest(try side(text))
        case .base(let field): try choose(field, { try $0.takingBase() }, { try $0.takingBase(of: $1) }, ["--choose", "base"])
        case .both(let field): try choose(field, { try $0.takingBoth() }, { try $0.takingBoth(of: $1) }, ["--choose", "both"])
        case .merge(let field): try merge(field)
        case .answer(let field): try answer(field)
        case .set(let text):
            let write = try Arguments.write(text)
            resolution = try resolution.setting(write.field, to: write.value)
        case .unset(let text): resolution = try resolution.setting(try self.field(text), to: nil)
        case .clear(let field):
            resolution = try field.map { resolution.clearing(try self.field($0)) } ?? Resolution(of: conflict)
            guard isUnfinished else { return [.show(isWhole: false)] }
        case .edit(let field): return [.edit(field: try field.map(self.field))]
        case .show(let isWhole): return isUnfinished ? [.show(isWhole: isWhole), .preview] : [.show(isWhole: isWhole)]
        case .why(let field):
            let fields = try field.map { [try self.field($0)] } ?? conflict.fields.map(\.field)
            guard !fields.isEmpty else { return [.run(["log", record])] }
            return fields.map { .run(["why", record, $0.text]) }
        case .log: return [.run(["log", record])]
        case .done(let note):
            guard isUnfinished else {
                throw ConsoleError(
                    code: "nothing-chosen", "nothing is chosen yet, so there is nothing to write",
                    hint: "a letter takes that side; `help` lists what else there is")
            }
            return [.write(note: note)]
        case .later: return [.next]
        case .back: return [.leave]
        case .all(let words): return [.all(try self.all(words))]
        }
        return [.preview]
    }

    /// Takes over what an editor left.
    mutating func take(_ edited: Resolution) throws(ResolutionError) {
        try edited.checkSize()
        resolution = edited
    }

    // MARK: - Choices

    private mutating func choose(
        _ field: String?, _ whole: (Resolution) throws -> Resolution, _ one: (Resolution, Name) throws -> Resolution, _ choice: [String]
    ) throws {
        guard let field else {
            resolution = try whole(resolution)
            lastChoice = choice
            return
        }
        resolution = try one(resolution, try self.field(field))
    }

    private mutating func merge(_ field: String?) throws {
        let next = try resolution.merging(try field.map(self.field))
        guard next != resolution else {
            guard try Resolution(of: conflict).merging(try field.map(self.field)) == Resolution(of: conflict) else {
                throw ConsoleError(
                    code: "nothing-open", "what merges by itself has an answer already",
                    hint: field == nil ? "`merge` and a field merges that field all the same; `clear` forgets what was chosen" : nil)
            }
            throw ConsoleError(
                code: "nothing-merges", "nothing of it merges by itself", hint: "take a side by its letter, or `edit` what disagrees")
        }
        resolution = next
        if field == nil { lastChoice = ["--merge"] }
    }

    private mutating func answer(_ field: String?) throws {
        let fields = try field.map { [try self.field($0)] } ?? resolution.openFields
        let known = fields.filter { suggestions[$0] != nil }
        guard !known.isEmpty else {
            throw ConsoleError(
                code: "no-answer", "the same question was not answered here before",
                hint: "a letter takes that side; `help` lists what else")
        }
        for field in known { if let suggestion = suggestions[field] { resolution = try resolution.setting(field, to: suggestion.value) } }
    }

    /// A field by its name, which has to be one of the record's.
    private func field(_ text: String) throws -> Name {
        let field = try Arguments.field(text)
        let kept = conflict.isDeleteAgainstEdit ? conflict.sides.flatMap(\.record.shown).map(\.field) : []
        let known = Set(conflict.fields.map(\.field) + conflict.record.fields.map(\.field) + resolution.answeredFields + kept)
        guard known.contains(field) else {
            throw ConsoleError(
                code: "no-such-field", "the record has no field “\(text)”",
                hint: (conflict.fields.isEmpty ? "" : "contested are: " + conflict.fields.map(\.field.text).joined(separator: ", ") + "; ")
                    + "`set \(text)=…` makes a new one")
        }
        return field
    }

    /// The words of `resolve --all`: without a choice of its own it is the last one made here.
    private func all(_ words: [String]) throws -> [String] {
        let choices = ["--choose", "--choose-field", "--set", "--unset", "--merge"]
        if words.contains(where: { word in choices.contains { word == $0 || word.hasPrefix($0 + "=") } }) { return words }
        guard let lastChoice else {
            throw ConsoleError.usage("all: which side?", hint: "choose here first, or say e.g. all --choose laptop, all --merge")
        }
        return words + lastChoice
    }

    /// How a side is named in another conflict, where letters mean nothing.
    private func whom(_ choice: SideChoice, _ text: String) -> String {
        guard case .sides(let dots) = choice, let first = dots.first else { return text }
        return first.device.description
    }
}
