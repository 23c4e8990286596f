internal import EventCore
internal import LogStore
internal import NIOCore
internal import ReplicaEngine

/// All workspaces of a data folder, open for as long as the hub runs.
actor Hub {
    nonisolated let clock: HubClock
    private let folder: HubFolder
    private let threads: any EventLoopGroup
    private var workspaces: [String: Workspace] = [:]
    private var failures: (minute: UInt64, count: Int) = (0, 0)

    init(_ folder: HubFolder, clock: HubClock, threads: any EventLoopGroup) {
        self.folder = folder
        self.clock = clock
        self.threads = threads
    }

    /// Opens what there is; `main` is made.
    func open() async throws(HubError) {
        try folder.prepare()
        for name in try folder.names() + [Self.defaultName] { _ = try workspace(making: name) }
    }

    static let defaultName = "main"

    var names: [String] { workspaces.keys.sorted() }

    /// The workspaces in the order of their names.
    var all: [Workspace] { workspaces.sorted { $0.key < $1.key }.map(\.value) }

    func workspace(_ name: String) -> Workspace? { workspaces[name] }

    /// The workspace of this name, made on first use.
    func workspace(making name: String) throws(HubError) -> Workspace {
        if let workspace = workspaces[name] { return workspace }
        guard HubFolder.isName(name) else { throw .badWorkspaceName(name) }
        let workspace = try Workspace(name, in: folder.folder(of: name), clock: clock, thread: threads.next())
        workspaces[name] = workspace
        return workspace
    }

    /// The workspace in which a code is good.
    func workspace(ofCode code: String) async -> Workspace? {
        for workspace in all where await workspace.knows(code: code) { return workspace }
        return nil
    }

    /// Counts a code that is good nowhere.
    func noteFailure() throws(Problem) {
        let minute = clock.now() / 60_000
        failures = failures.minute == minute ? (minute, failures.count + 1) : (minute, 1)
        if failures.count > HubLimits.failuresPerMinute { throw .tooMany(retryAfterMilliseconds: 60_000) }
    }

    /// The caller of a token, `WORKSPACE.HEXADECIMAL`.
    func caller(token: String) async throws(Problem) -> Caller {
        guard let dot = token.lastIndex(of: "."), let secret = Hexadecimal.bytes(token[token.index(after: dot)...].utf8),
            let workspace = workspaces[String(token[..<dot])]
        else { throw .badToken }
        return try await workspace.caller(token: secret)
    }

    func close() async throws(HubError) {
        for workspace in all {
            do { try await workspace.close() } catch let error as ReplicaError { throw .store(error) } catch { continue }
        }
    }
}
