package import EventCore

/// Why a conflict cannot be settled as somebody wants.
package enum ResolutionError: Error, Hashable, Sendable {
    /// The event is no side of the conflict.
    case notASide(Dot)
    /// The sides cannot all be taken.
    case excludeEachOther(Dot, Dot)
    /// None of the chosen sides has an entry in a contested field.
    case noEntry([Dot])
    /// The chosen sides have no entry in this field.
    case noEntryInField(Name)
    /// Delete stands against several edits: which one is kept has to be said first.
    case editNeeded([Dot])
    /// Nothing is contested in this field.
    case notContested(Name)
    /// The base of this field is several values.
    case severalBases(Name)
    /// Whole edits are in conflict: all fields have to be answered.
    case unanswered([Name])
    /// No field has been answered.
    case nothingAnswered
    /// Every field has an answer already.
    case nothingOpen
    /// No field holds several values, so there is no list to be made of them.
    case noValuesSideBySide
    /// A list of the sides' values would be nested too deep.
    case tooDeep(Name)
    /// All that has been answered, of so many fields, is beyond `Limits.eventBytes` in canonical form.
    case tooLarge(bytes: Int, fields: Int)
}
