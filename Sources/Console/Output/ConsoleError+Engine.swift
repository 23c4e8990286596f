internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient

/// The engine's errors → sentence, hint and exit status.
extension ConsoleError {
    init(_ error: ReplicaError) {
        switch error {
        case .notAStore(let folder):
            self.init(
                code: "no-store", "there is no store in \(folder)", hint: "check the name, or make one there with `syncline init DIR`")
        case .alreadyAStore(let folder):
            self.init(code: "store-exists", "there is a store in \(folder) already", hint: "choose another folder, or use this one")
        case .damagedIdentity(let file):
            self.init(
                .corrupt, code: "corrupt", "\(file) is damaged: it does not say which device this is",
                hint: "restore this small text file from a copy; the log beside it is not touched")
        case .newerIdentity(let file): self.init(newerFormat: file)
        case .log(let error): self.init(error)
        case .malformedBlock(let position):
            self.init(
                .corrupt, code: "corrupt", "the log's block at event \(position.index) is not one that this program writes",
                hint: "keep the store as it is, and ask with the output of `syncline verify`")
        case .fork(let dot):
            self.init(
                .fork, code: "fork", "another event is named \(dot): this device's identity was used in two places",
                hint:
                    "nothing was taken in; one of the two copies must go on under a new device: export it, `syncline init` a new store, import there"
            )
        case .refused(let dot, .unclosedContext(let entry)):
            self.init(
                code: "unclosed-context",
                "the event \(dot) is refused: its context names \(entry), which is not of this record or had seen more",
                hint: "no honest store writes this; nothing was taken in")
        case .refused(let dot, .beyondLimits):
            self.init(
                code: "limit", "the event \(dot) is refused: a store holds at most \(Limits.foldedSeq) events", hint: "nothing was taken in"
            )
        case .invalidDraft(let error): self.init(code: "invalid", Sentences.event(error))
        case .leaseNeeded(let key): self.init(noLeaseFor: key)
        case .unknownEvent(let dot): self.init(code: "no-such-event", "there is no event \(dot) here", hint: "`syncline log` lists events")
        case .eventOfOtherRecord(let dot, let key):
            self.init(
                code: "other-record", "the event \(dot) is one of \(Arguments.shown(key))", hint: "name that record, or a position #N")
        case .notIssuedAnew(let dot):
            self.init(
                code: "not-issued-anew", "the event that would be \(dot) under the new identity does not fit what the hub has",
                hint: "the store is as it was; `syncline export` keeps its events readable")
        case .nothingToUndo(let dot):
            self.init(
                code: "nothing-to-undo", "undoing \(dot) would write nothing: it deleted a record that never had a field",
                hint: "any `syncline put` ends the deletion")
        case .unknownRecord(let key): self.init(noRecord: key)
        }
    }

    init(noRecord key: RecordKey) {
        self.init(code: "no-such-record", "there is no record \(Arguments.shown(key))", hint: "`syncline list` shows what is there")
    }

    init(newerFormat file: String) {
        self.init(
            .newerFormat, code: "newer-format", "\(file) was written by a newer program; nothing was touched",
            hint: "use the version of syncline that wrote it, or a later one")
    }

    init(_ error: LogError) {
        switch error {
        case .volume(let error): self.init(error)
        case .noLog(let folder): self.init(.corrupt, code: "corrupt", "\(folder) has no log", hint: "restore its log/ from a copy")
        case .alreadyThere(let folder): self.init(code: "store-exists", "there is a log in \(folder) already")
        case .locked(let holder):
            // A writer puts its name there once it has found its place in the log; until then the name is that of one that may have ended.
            let running = holder.flatMap { Host.isRunning($0.process) ? $0 : nil }
            let who = running.map { "process \($0.process) (\($0.command))" } ?? "another process"
            self.init(
                .openElsewhere, code: "open-elsewhere", "the store is open for writing in \(who)",
                hint: "wait for it, or end it; reading commands work meanwhile")
        case .newerFormat(let file): self.init(newerFormat: file)
        case .corrupt(let damage): self.init(damage)
        case .appendFailed(let error, let isUnchanged):
            let cause = ConsoleError(error)
            self.init(
                code: cause.code, cause.sentence + (isUnchanged ? "; nothing was written" : "; nothing was acknowledged"), hint: cause.hint)
        case .syncFailed(let error), .sealFailed(let error), .failedBefore(let error):
            let cause = ConsoleError(error)
            self.init(code: cause.code, cause.sentence + "; nothing more was acknowledged", hint: cause.hint)
        case .invalidBlock, .eventCountChanged, .notSealed:
            self.init(
                code: "internal", "the log refused what this program gave it: \(error)", hint: "nothing was written; please report this")
        }
    }

    init(_ damage: LogDamage) {
        let events = damage.positions.map { $0.isEmpty ? "" : ", events \($0.lowerBound.index) to \($0.upperBound.index - 1)" } ?? ""
        self.init(
            .corrupt, code: "corrupt", "\(damage.file) is damaged at byte \(damage.offset)\(events): \(damage.kind.rawValue)",
            hint: "nothing was changed; `syncline verify` names all damage, and another device's export has the events")
    }

    init(_ error: VolumeError) {
        let cause = Machine.describe(errno: error.code)
        switch error.reason {
        case .noSpace:
            self.init(code: "disk-full", "the disk is full: \(error.path)", hint: "make room, then repeat the command")
        case .noSuchFile:
            self.init(code: "no-file", "\(error.path): \(cause)", hint: "check the name; `syncline verify` says what a store misses")
        case .notPermitted:
            self.init(
                code: "not-permitted", "\(error.path): \(cause)", hint: "the store's folder must be readable and, for writing, writable")
        default:
            self.init(code: "io", "\(error.operation.rawValue) \(error.path): \(cause)", hint: "check the disk, then repeat the command")
        }
    }
}
