internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// What keeps a device and a hub from each other, as a program that embeds the device sees it.
extension SynclineError {
    init(_ error: SyncError) {
        switch error {
        case .unreachable(let hub, let reason): self.init(unreachable: "the hub \(hub) cannot be reached: \(reason)")
        case .notAllowed(let problem): self.init(.notAllowed, problem.detail, advice: Self.rejoin)
        case .fork(let problem): self.init(.fork, problem.detail, advice: Self.mend)
        case .refused(let problem): self.init(.refused, problem.detail)
        case .strangeAnswer(let hub, let what):
            self.init(.refused, "\(hub) answers as no hub does: \(what)", advice: "check the address; is a proxy in between?")
        case .notJoined(let folder):
            self.init(.notJoined, "the store in \(folder) has joined no hub", advice: "join one with a one-time code")
        case .alreadyJoined(let hub): self.init(.alreadyJoined, "this store has joined \(hub) already")
        case .noKey(let path):
            self.init(
                .notAllowed, "this device's key is not there: \(path)", advice: "a copied store has no key of its own: make a new store")
        case .damagedFile(let path): self.init(.damaged, "\(path) is damaged", advice: "restore it from a copy")
        case .badURL(let text): self.init(.badAddress, "“\(text)” is no hub's address", advice: "for example https://hub.example:7420")
        case .file(let path, let code): self.init(.system, "\(path): \(Host.describe(errno: code))", advice: "mend that and repeat")
        case .noThread(let code): self.init(.system, "no thread can be made: \(Host.describe(errno: code))")
        case .store(let error): self.init(error)
        case .otherIdentity(let folder): self.init(.system, "the store in \(folder) was mended meanwhile", advice: "open it anew")
        }
    }

    init(_ code: ProblemCode) {
        switch code {
        case .fork, .deviceTaken: self.init(.fork, "this device's identity was used in two places", advice: Self.mend)
        case .tokenMissing, .tokenUnknown, .tokenExpired, .notAllowed, .revoked, .notMaster, .codeInvalid, .codeExpired, .codeSpent,
            .challengeInvalid, .signatureInvalid, .notFound:
            self.init(.notAllowed, "the hub does not let this device in: \(code.rawValue)", advice: Self.rejoin)
        case .quotaExceeded:
            self.init(
                .refused, "the workspace at the hub is full",
                advice: "what is written here is kept, and sent when whoever runs the hub has made room; what is new there still comes")
        default: self.init(.refused, "the hub answers “\(code.rawValue)”")
        }
    }

    init(_ reason: BlockReason) {
        switch reason {
        case .fork: self.init(ProblemCode.fork)
        case .revoked: self.init(ProblemCode.revoked)
        case .notEnrolled(let code): self.init(code)
        case .rejected(let dot, let code):
            self.init(.refused, "the hub does not take the event \(dot): \(code.rawValue)", advice: "everything else goes on; " + Self.mend)
        case .refusedHere(let dot):
            self.init(
                .refused, "the event \(dot) that the hub passed on is refused here", advice: "everything else goes on; update this program")
        }
    }

    init(unreachable message: String) {
        self.init(.unreachable, message, advice: "what is written here is kept, and sent when the hub is back")
    }

    private static let rejoin = "what is here is safe; ask whoever runs the hub for a new code"
}
