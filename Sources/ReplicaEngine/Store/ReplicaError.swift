package import EventCore
package import LogStore

/// Why a store did not do what it was asked.
package enum ReplicaError: Error, Hashable, Sendable {
    /// The folder holds no store.
    case notAStore(folder: String)
    /// The folder holds a store already.
    case alreadyAStore(folder: String)
    /// The `device` file is not one.
    case damagedIdentity(file: String)
    /// The `device` file was written by a newer program. Nothing was touched.
    case newerIdentity(file: String)
    /// The log or the file system refused.
    case log(LogError)
    /// A block of the log says what no store writes, although its checksum is right.
    case malformedBlock(at: Position)
    /// Another event already has this name: the device's identity was used twice.
    case fork(Dot)
    /// An event that no honest store can have written.
    case refused(Dot, Refusal)
    /// A draft that cannot become an event.
    case invalidDraft(EventError)
    /// A policy of a store that has joined a workspace, and whose device does not lead.
    case leaseNeeded(RecordKey)
    /// No event has this name here.
    case unknownEvent(Dot)
    /// The event is of another record than the one asked for.
    case eventOfOtherRecord(Dot, RecordKey)
    /// The record has no event.
    case unknownRecord(RecordKey)
    /// The event changed nothing that could be written back.
    case nothingToUndo(Dot)
    /// An event of a former identity could not be issued under the new one, where it would have this name; the old store is as it was.
    case notIssuedAnew(Dot)
}

/// What is wrong with a foreign event.
package enum Refusal: Hashable, Sendable {
    /// The context names an event that is not of this record, or leaves out what a named one had seen.
    case unclosedContext(Dot)
    /// A device's seq, or the number of events, beyond what a store folds.
    case beyondLimits
}
