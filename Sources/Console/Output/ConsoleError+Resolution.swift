internal import EventCore
internal import ReplicaEngine

/// Why a conflict cannot be settled like this → sentence and hint.
extension ConsoleError {
    /// - Parameters:
    ///   - name: what a side is called.
    ///   - isInConflict: whether the words of an open conflict are at hand, instead of the options of `resolve`.
    init(_ error: ResolutionError, name: (Dot) -> String, isInConflict: Bool = false) {
        let set = isInConflict ? "set" : "--set"
        func names(_ dots: [Dot]) -> String { dots.map(name).joined(separator: ", ") }
        switch error {
        case .notASide(let dot):
            self.init(code: "no-such-side", "\(dot) is no side of it", hint: "`syncline show` lists the sides")
        case .excludeEachOther(let first, let second):
            self.init(
                code: "no-such-side", "\(name(first)) and \(name(second)) cannot both be taken",
                hint: "name one of them by its letter or as device:seq")
        case .noEntry:
            self.init(
                code: "no-such-side", "that side has no entry in a field that is open",
                hint: "`syncline show` says what each side has; \(set) gives a field another value")
        case .noEntryInField(let field):
            self.init(
                code: "no-such-side", "that side has no entry in “\(field.text)”", hint: "\(set) \(field.text)=value gives it another value"
            )
        case .editNeeded(let dots) where dots.isEmpty:
            self.init(
                code: "edit-needed", "the record was deleted on every side: there is no edit to keep",
                hint: "take one of the deletes, or `base` for what all had seen")
        case .editNeeded(let dots):
            self.init(
                code: "edit-needed", "the record was deleted on one side and edited on several: say first which edit is kept",
                hint: "take one of them \(isInConflict ? "first" : "with --choose"), then set fields: " + names(dots))
        case .notContested(let field):
            self.init(
                code: "not-contested", "nothing is contested in “\(field.text)”", hint: "\(set) \(field.text)=value changes it all the same"
            )
        case .severalBases(let field):
            self.init(
                code: "several-bases", "the base of “\(field.text)” is itself several values",
                hint: "\(set) \(field.text)=value takes one of them")
        case .unanswered(let fields):
            self.init(
                code: "unanswered",
                "by the policy `record` whole edits are in conflict: "
                    + fields.map { "“\($0.text)”" }.joined(separator: ", ") + " \(fields.count == 1 ? "has" : "have") no answer yet",
                hint: "answer all of them; \(isInConflict ? "merge" : "--merge") takes what merges by itself")
        case .nothingAnswered:
            self.init(
                code: "nothing-merges", "nothing of it merges by itself",
                hint: "take a side\(isInConflict ? "" : " with --choose"), or \(set) field=value")
        case .nothingOpen:
            self.init(
                code: "nothing-open", "every field has an answer already",
                hint: "a word and a field answer that field anew; `clear` forgets what was chosen")
        case .noValuesSideBySide:
            self.init(
                code: "not-contested", "no field holds several values, so there is no list to be made of them",
                hint: "take one of the sides")
        case .tooDeep(let field):
            self.init(
                code: "too-deep", "a list of the values of “\(field.text)” would be nested deeper than \(Limits.valueDepth)",
                hint: "take one of them")
        case .tooLarge(let bytes, let fields):
            self.init(
                code: "invalid", "what is chosen has \(bytes) bytes in canonical form; one event has at most \(Limits.eventBytes)",
                hint: fields > 1
                    ? "settle some of the fields first, then the rest; or take less of a field"
                    : "take one of the values, or a shorter one of your own")
        }
    }
}
