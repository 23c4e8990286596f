/// Why something is not an event. Facts only; the console makes sentences of them.
public enum EventError: Error, Hashable, Sendable {
    /// A name without a byte.
    case emptyName
    /// A name beyond `Limits.nameBytes`.
    case nameTooLong(bytes: Int)
    /// Bytes that are not UTF-8.
    case invalidUTF8
    /// A time of 2^48 ms or later.
    case timeOutOfRange
    /// A seq of 0 or beyond `Limits.seq`.
    case seqOutOfRange
    /// An epoch of 0.
    case epochOutOfRange
    /// A `set`/`unset` body without a write.
    case emptyBody
    /// A field written twice.
    case duplicateField(Name)
    /// `context` names the event itself, or a later one of its device.
    case contextCoversDot
    /// A note beyond `Limits.noteBytes`.
    case noteTooLong(bytes: Int)
    /// `undoes` without kind `undo`.
    case undoesWithoutUndo
    /// An event beyond `Limits.eventBytes` in canonical form.
    case eventTooLarge(bytes: Int)
}
