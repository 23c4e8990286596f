internal import EventCore
internal import HubServer
internal import SyncClient
internal import SyncCore

/// What keeps devices and hubs from each other → sentence, hint and exit status.
extension ConsoleError {
    init(_ error: SyncError) {
        switch error {
        case .unreachable(let hub, let reason):
            self.init(
                .unreachable, code: "unreachable", "the hub \(hub) cannot be reached: \(reason)",
                hint: "the work is queued in this store's log; `syncline sync` sends it when the hub is back")
        case .notAllowed(let problem):
            self.init(.notAllowed, code: problem.code, problem.detail, hint: Self.hint(problem.code))
        case .fork(let problem):
            self.init(
                .fork, code: "fork", problem.detail,
                hint: "nothing is lost: with a code of `syncline invite`, `syncline mend CODE` writes on under a new identity")
        case .refused(let problem) where problem.code == ProblemCode.quotaExceeded.rawValue:
            self.init(
                code: problem.code, problem.detail,
                hint:
                    "the work is queued in this store's log; whoever runs the hub makes room with a larger `syncline serve --quota`, then `syncline sync` sends it"
            )
        case .refused(let problem) where problem.code == ProblemCode.slowBody.rawValue:
            self.init(
                code: problem.code, problem.detail,
                hint:
                    "the work is queued in this store's log; the network is too slow for the smallest push: `syncline sync` sends it over a better one"
            )
        case .refused(let problem): self.init(code: problem.code, problem.detail, hint: "the hub refused it")
        case .strangeAnswer(let hub, let what):
            self.init(code: "strange-answer", "\(hub) answers as no hub does: \(what)", hint: "check the address; is a proxy in between?")
        case .notJoined:
            self.init(
                code: "not-joined", "this store has joined no hub",
                hint: "get a code on the hub's machine with `syncline invite`, then `syncline join URL CODE`")
        case .alreadyJoined(let hub):
            self.init(code: "already-joined", "this store has joined \(hub) already", hint: "one store belongs to one hub")
        case .noKey(let path):
            self.init(
                .notAllowed, code: "no-key", "this device's key is not there: \(path)",
                hint: "a copied store has no key of its own: make a new store, or put the key back and name its folder in SYNCLINE_KEYS")
        case .damagedFile(let path):
            self.init(.corrupt, code: "corrupt", "\(path) is damaged", hint: "restore it from a copy; the log is not touched by it")
        case .badURL(let text):
            self.init(.usage, code: "usage", "“\(text)” is no hub's address", hint: "for example http://127.0.0.1:7420")
        case .file(let path, let code): self.init(code: "io", "\(path): \(Machine.describe(errno: code))", hint: "mend that and repeat")
        case .noThread(let code): self.init(code: "io", "no thread can be made: \(Machine.describe(errno: code))")
        case .store(let error): self.init(error)
        case .otherIdentity(let folder): self.init(code: "mended", "the store in \(folder) was mended meanwhile", hint: "repeat it")
        }
    }

    /// A policy was not written, as the device does not lead; with what the hub said when it was asked.
    init(noLeaseFor key: RecordKey, _ error: SyncError? = nil) {
        let rule = "\(Arguments.shown(key)) was not written: in a workspace only the device that leads writes policies"
        switch error {
        case .unreachable(let hub, let reason):
            self.init(
                .unreachable, code: "unreachable", "\(rule), and the hub \(hub), which says so, cannot be reached: \(reason)",
                hint: "repeat it when the hub is back")
        case .notAllowed(let problem) where problem.code != "not-master": self.init(.notAllowed(problem))
        case nil, .notAllowed:
            self.init(
                .notAllowed, code: "not-master", "\(rule), and this one does not",
                hint:
                    "`syncline devices` shows which one does: set it there; a device can lead when it joins with a code of `syncline invite --role master`"
            )
        case let error?: self.init(error)
        }
    }

    /// Of a command that wants a code: nothing is queued by it.
    init(enrolling error: SyncError) {
        guard case .unreachable(let hub, let reason) = error else {
            self.init(error)
            return
        }
        self.init(
            .unreachable, code: "unreachable", "the hub \(hub) cannot be reached: \(reason)",
            hint:
                "is this its address, and does it run? The store is as it was; repeat the command, with a new code where this one is spent")
    }

    private static func hint(_ code: String) -> String {
        switch ProblemCode(rawValue: code) {
        case .codeInvalid, .codeExpired, .codeSpent: "`syncline invite` on the hub's machine prints a new one; each lets in one device"
        case .revoked: "its events are safe here; a new store with a new code can go on from an export"
        case .notMaster, .notAllowed: "ask for an invitation with another role"
        default: "the hub knows this device no more: is it the right hub?"
        }
    }

    init(_ error: HubError) {
        switch error {
        case .volume(let error): self.init(error)
        case .store(let error): self.init(error)
        case .damagedJournal(let file):
            self.init(
                .corrupt, code: "corrupt", "\(file) is damaged",
                hint: "restore this small file from a copy; the log beside it is not touched")
        case .alreadyRunning(let folder):
            self.init(.openElsewhere, code: "open-elsewhere", "another hub has \(folder) open", hint: "end it, or name another folder")
        case .needsTLS(let host):
            self.init(
                code: "needs-tls", "a hub does not listen on \(host) without TLS",
                hint: "give --tls-cert and --tls-key, or listen on 127.0.0.1")
        case .cannotListen(let address, let reason):
            self.init(code: "cannot-listen", "the hub cannot listen on \(address): \(reason)", hint: "name another address with --listen")
        case .badCertificate(let reason):
            self.init(code: "bad-certificate", "the certificate or its key cannot be used: \(reason)", hint: "both are files in PEM")
        case .badWorkspaceName(let name):
            self.init(
                .usage, code: "usage", "“\(name)” is no workspace's name", hint: "1 to 63 of the characters a–z, 0–9 and -")
        case .adminSocket(let reason):
            self.init(
                code: "admin-socket", "the hub's admin socket does not do it: \(reason)",
                hint: "run this as the user that runs the hub, on its machine")
        }
    }
}
