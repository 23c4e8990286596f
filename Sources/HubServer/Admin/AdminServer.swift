internal import EventCore
internal import Glibc
internal import LogStore
internal import NIOCore
internal import NIOPosix
internal import SyncCore

/// The socket on the hub's machine for whoever owns the data folder: a line of JSON in, a line of JSON out.
///
/// It lies in a folder of its own with a short path, which the data folder's `admin` file names, as a socket's path has at most 107 bytes.
struct AdminServer {
    private let channel: any Channel
    private let path: String

    static func start(_ hub: Hub, _ folder: HubFolder, _ clock: HubClock) async throws(HubError) -> AdminServer {
        remove(named: folder)
        let path = try socketPath()
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            chmod(path, 0o600)
            try folder.volume.replaceFile(
                folder.adminFile, by: folder.adminFile + ".unfinished", in: folder.path, with: Array((path + "\n").utf8))
            Task { await accept(channel, hub, clock) }
            return AdminServer(channel: channel.channel, path: path)
        } catch { throw .adminSocket(reason: "\(error)") }
    }

    func stop() async {
        try? await channel.close()
        Self.remove(path)
    }

    // MARK: - Requests

    private static func accept(
        _ channel: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>, _ hub: Hub, _ clock: HubClock
    ) async {
        try? await channel.executeThenClose { inbound in
            for try await connection in inbound { Task { await answer(connection, hub, clock) } }
        }
    }

    private static func answer(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ hub: Hub, _ clock: HubClock) async {
        try? await connection.executeThenClose { inbound, outbound in
            var line: [UInt8] = []
            for try await piece in inbound {
                line += piece.readableBytesView
                if line.last == 0x0A || line.count > AdminRequest.limitBytes { break }
            }
            try await outbound.write(ByteBuffer(bytes: await reply(to: line, hub, clock) + [0x0A]))
        }
    }

    private static func reply(to line: [UInt8], _ hub: Hub, _ clock: HubClock) async -> [UInt8] {
        do throws(ProblemDocument) {
            guard let request = AdminRequest(line: line) else { throw .malformed("the request is none that this hub knows") }
            let workspace: Workspace
            do throws(HubError) { workspace = try await hub.workspace(making: request.workspace) } catch {
                throw .malformed("the workspace cannot be made: \(error)")
            }
            let code = Secrets.newCode()
            let reply = await workspace.call(
                .invite(code: Secret(code: code), request.role, lifetimeMilliseconds: request.lifeMilliseconds))
            guard case .invited(let lifetime) = reply else { throw Routes.problem(reply) }
            return Invitation(code: code, workspace: request.workspace, role: request.role, expires: clock.wall() + lifetime).json
        } catch { return error.json }
    }

    // MARK: - Path

    private static func socketPath() throws(HubError) -> String {
        var template = Array("/tmp/syncline-XXXXXX".utf8CString)
        // The folder is the owner's alone from its first moment on.
        guard mkdtemp(&template) != nil else { throw .adminSocket(reason: String(cString: strerror(errno))) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/admin"
    }

    /// Removes what a hub that was killed has left.
    private static func remove(named folder: HubFolder) {
        guard let path = AdminClient.path(in: folder) else { return }
        remove(path)
    }

    private static func remove(_ path: String) {
        guard path.hasPrefix("/tmp/syncline-"), path.hasSuffix("/admin") else { return }
        unlink(path)
        rmdir(String(path.dropLast("/admin".count)))
    }
}
