internal import EventCore
internal import NIOCore
internal import ReplicaEngine
internal import SyncCore

/// All workspaces of a data folder, open for as long as the hub runs.
actor Hub {
    private let clock: HubClock
    private let limits: SyncLimits
    private let folder: HubFolder
    private let threads: any EventLoopGroup
    private let progress: @Sendable (_ workspace: String, _ events: UInt64, _ total: UInt64) -> Void
    private let failed: @Sendable () -> Void
    private var workspaces: [String: Workspace] = [:]

    static let defaultName = "main"

    /// - Parameters:
    ///   - progress: told once a second what is read while a workspace is opened, from the second one on.
    ///   - failed: told that the disk refused.
    init(
        _ folder: HubFolder, limits: SyncLimits, clock: HubClock, threads: any EventLoopGroup,
        progress: @escaping @Sendable (_ workspace: String, _ events: UInt64, _ total: UInt64) -> Void,
        failed: @escaping @Sendable () -> Void
    ) {
        self.folder = folder
        self.limits = limits
        self.clock = clock
        self.threads = threads
        self.progress = progress
        self.failed = failed
    }

    /// Opens what there is; `main` is made.
    func open() async throws(HubError) {
        for name in try folder.names() + [Self.defaultName] { _ = try await workspace(making: name) }
    }

    var names: [String] { workspaces.keys.sorted() }

    /// The workspaces in the order of their names.
    var all: [Workspace] { workspaces.sorted { $0.key < $1.key }.map(\.value) }

    func workspace(_ name: String) -> Workspace? { workspaces[name] }

    /// The workspace of this name, made on first use.
    func workspace(making name: String) async throws(HubError) -> Workspace {
        if let workspace = workspaces[name] { return workspace }
        guard HubFolder.isName(name) else { throw .badWorkspaceName(name) }
        let workspace = try Workspace(
            name, in: folder.folder(of: name), limits: limits, clock: clock, thread: threads.next(), progress: progress, failed: failed)
        workspaces[name] = workspace
        await workspace.start()
        return workspace
    }

    /// The workspace in which a code is good; any where it is good nowhere, so that its core counts the attempt.
    func workspace(ofCode code: Secret) async -> Workspace? {
        for workspace in all where await workspace.knows(code: code) { return workspace }
        return workspaces[Self.defaultName]
    }

    /// The workspace and the secret of a token, `WORKSPACE.HEXADECIMAL`.
    ///
    /// - Throws: `.tokenMissing`; `.tokenUnknown` when no workspace gave it out.
    func asker(_ token: String?) async throws(ProblemDocument) -> (workspace: Workspace, token: Secret) {
        guard let token else { throw ProblemDocument(.tokenMissing) }
        guard let bearer = BearerToken(token), let workspace = workspaces[bearer.workspace], await workspace.knows(token: bearer.secret)
        else { throw ProblemDocument(.tokenUnknown) }
        return (workspace, bearer.secret)
    }

    func endWaiting() async {
        for workspace in all { await workspace.endWaiting() }
    }

    func close() async throws {
        for workspace in all { try await workspace.close() }
    }
}
