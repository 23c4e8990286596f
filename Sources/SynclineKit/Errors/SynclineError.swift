/// Why something was not done, and what to do about it.
///
/// Programs look at `code`; `message` and `advice` are for people, and may change.
public struct SynclineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, in words that never change.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// There is no store in the folder.
        case noStore
        /// Another process, or another `Store` of this one, has the store open for writing.
        case inUse
        /// The store was closed before.
        case closed
        /// A file of the store is damaged. Nothing was changed.
        case damaged
        /// A file was written by a newer version. Nothing was touched.
        case newerFormat
        /// The disk is full.
        case diskFull
        /// The file system refused, or the system has no more of something.
        case system
        /// A name, a value, a note or an edit that no event can have.
        case invalid
        /// The store holds all the events that it can.
        case full
        /// There is no such event.
        case noSuchEvent
        /// There is nothing to undo, or to redo.
        case nothingToUndo
        /// What would be undone has been written over since, or is undone already.
        case movedOn
        /// The record's conflict is not the one any more that was looked at. Nothing was written.
        case conflictChanged
        /// An answer that does not fit the conflict.
        case answerDoesNotFit
        /// The store has joined no hub.
        case notJoined
        /// The store has joined a hub already.
        case alreadyJoined
        /// No hub's address.
        case badAddress
        /// No hub answers. What is written waits in the store.
        case unreachable
        /// The hub does not let this device in, or not do this.
        case notAllowed
        /// This device's identity was used in two places. Nothing is lost.
        case fork
        /// The hub answered that it does not do it.
        case refused
        /// The program has a mistake.
        case bug
    }

    /// What went wrong.
    public let code: Code
    /// The same in a sentence, with the names of what it was about.
    public let message: String
    /// What to do; nil where the message says it.
    public let advice: String?

    init(_ code: Code, _ message: String, advice: String? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// Message and advice.
    public var description: String { advice.map { "\(message); \($0)" } ?? message }

    static let closed = SynclineError(.closed, "the store was closed", advice: "open it anew")
}
