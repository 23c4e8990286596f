internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient

/// The engine's errors, as a program that embeds it sees them.
extension SynclineError {
    init(_ error: EventError) { self.init(.invalid, ErrorSentences.event(error)) }

    init(_ error: JSONError) { self.init(.invalid, ErrorSentences.json(error)) }

    init(_ error: ReplicaError) {
        switch error {
        case .notAStore(let folder):
            self.init(.noStore, "there is no store in \(folder)", advice: "`openOrCreate` makes one")
        case .alreadyAStore(let folder): self.init(.inUse, "there is a store in \(folder) already", advice: "open it")
        case .damagedIdentity(let file):
            self.init(.damaged, "\(file) does not say which device this is", advice: "restore this small text file from a copy")
        case .newerIdentity(let file): self.init(newer: file)
        case .log(let error): self.init(error)
        case .malformedBlock(let position):
            self.init(.damaged, "the log's block at event \(position.index) is not one that this program writes", advice: Self.verify)
        case .fork(let dot):
            self.init(.fork, "another event is named \(dot): this device's identity was used in two places", advice: Self.mend)
        case .refused(let dot, .unclosedContext): self.init(.damaged, "the event \(dot) is none that an honest store writes")
        case .refused(_, .beyondLimits): self.init(.full, "a store holds at most \(Limits.foldedSeq) events", advice: "begin a new one")
        case .invalidDraft(let error): self.init(error)
        case .leaseNeeded(let key):
            self.init(
                .notAllowed, "\(RecordKey(key)) was not written: in a workspace only the device that leads writes policies",
                advice: "a device leads when it joined as master, syncs in the background, and no other leads; `leads()` says so")
        case .unknownEvent(let dot): self.init(.noSuchEvent, "there is no event \(dot) here")
        case .eventOfOtherRecord(let dot, let key):
            self.init(.noSuchEvent, "the event \(dot) is one of \(RecordKey(key))")
        case .notIssuedAnew(let dot): self.init(.damaged, "\(dot) could not be issued under a new identity")
        case .nothingToUndo(let dot):
            self.init(.nothingToUndo, "\(dot) deleted a record that never had a field", advice: "any write ends the deletion")
        case .unknownRecord(let key): self.init(.noSuchEvent, "there is no record \(RecordKey(key))")
        }
    }

    private init(_ error: LogError) {
        switch error {
        case .volume(let error): self.init(error)
        case .noLog(let folder): self.init(.damaged, "\(folder) has no log", advice: "restore its log from a copy")
        case .alreadyThere(let folder): self.init(.inUse, "there is a log in \(folder) already")
        case .locked(let holder):
            let running = holder.flatMap { Host.isRunning($0.process) ? $0 : nil }
            let who = running.map { "process \($0.process) (\($0.command))" } ?? "another process"
            self.init(.inUse, "the store is open for writing in \(who)", advice: "wait for it, or end it")
        case .newerFormat(let file): self.init(newer: file)
        case .corrupt(let damage):
            self.init(.damaged, "\(damage.file) is damaged at byte \(damage.offset): \(damage.kind.rawValue)", advice: Self.verify)
        case .appendFailed(let error, let isUnchanged):
            let cause = SynclineError(error)
            self.init(
                cause.code, cause.message + (isUnchanged ? "; nothing was written" : "; nothing was acknowledged"), advice: cause.advice)
        case .syncFailed(let error), .sealFailed(let error), .failedBefore(let error):
            let cause = SynclineError(error)
            self.init(
                cause.code, cause.message + "; nothing more was acknowledged",
                advice: "close the store and open it anew, which finds out what is there")
        case .invalidBlock, .eventCountChanged, .notSealed: self.init(.bug, "the log refused what this program gave it: \(error)")
        }
    }

    init(_ error: VolumeError) {
        let cause = Host.describe(errno: error.code)
        switch error.reason {
        case .noSpace: self.init(.diskFull, "the disk is full: \(error.path)", advice: "make room and repeat")
        default: self.init(.system, "\(error.operation.rawValue) \(error.path): \(cause)", advice: "mend that and repeat")
        }
    }

    /// - Parameter name: what a side is called.
    init(_ error: ResolutionError, name: (EventCore.Dot) -> String) {
        switch error {
        case .notASide(let dot): self.init(.answerDoesNotFit, "\(dot) is no side of it")
        case .excludeEachOther(let first, let second):
            self.init(.answerDoesNotFit, "\(name(first)) and \(name(second)) cannot both be taken")
        case .noEntry, .noEntryInField:
            self.init(.answerDoesNotFit, "that side has no entry in what is contested", advice: "set a value")
        case .editNeeded(let dots):
            self.init(
                .answerDoesNotFit, "the record was deleted on one side and edited on several",
                advice: "choose first which edit is kept: " + dots.map(name).joined(separator: ", "))
        case .notContested(let field): self.init(.answerDoesNotFit, "nothing is contested in “\(field.text)”", advice: "set a value")
        case .severalBases(let field):
            self.init(.answerDoesNotFit, "the base of “\(field.text)” is itself several values", advice: "set one of them")
        case .unanswered(let fields):
            self.init(
                .answerDoesNotFit, "whole edits are in conflict, and not all has an answer: " + fields.map(\.text).joined(separator: ", "),
                advice: "answer all of it")
        case .nothingAnswered: self.init(.answerDoesNotFit, "nothing has been answered", advice: "choose a side, or set a value")
        case .nothingOpen: self.init(.invalid, "every field has an answer already")
        case .noValuesSideBySide: self.init(.invalid, "no field holds several values, so there is no list to be made of them")
        case .tooDeep(let field): self.init(.invalid, "a list of the values of “\(field.text)” would be nested too deep")
        case .tooLarge(let bytes, _):
            self.init(
                .invalid, "what is chosen has \(bytes) bytes in canonical form; one event has at most \(Limits.eventBytes)",
                advice: "settle some of the fields first, or take less of one")
        }
    }

    private init(newer file: String) {
        self.init(.newerFormat, "\(file) was written by a newer program", advice: "update this one")
    }

    static let verify = "nothing was changed; `syncline verify` names all damage"
    static let mend = "nothing is lost: with a new code, `syncline mend` writes on under another identity"
}
