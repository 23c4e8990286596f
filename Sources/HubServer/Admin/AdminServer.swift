internal import EventCore
internal import Glibc
internal import LogStore
internal import NIOCore
internal import NIOPosix
internal import SyncCore

/// The socket on the hub's machine for whoever owns the data folder: a line of JSON in, a line of JSON out.
///
/// It lies in the data folder's `private`, so that a hub that is killed leaves nothing anywhere else; among the temporary files where the data folder's file system keeps no sockets. The
/// data folder's `admin` file says where.
struct AdminServer {
    private typealias Listener = NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>

    private let channel: any Channel
    private let place: AdminPlace

    static func start(_ hub: Hub, _ folder: HubFolder, _ clock: HubClock) async throws(HubError) -> AdminServer {
        AdminPlace.left(in: folder)?.remove()
        do {
            let (channel, place) = try await listen(folder)
            try folder.volume.replaceFile(
                folder.adminFile, by: folder.adminFile + ".unfinished", in: folder.path, with: Array((place.named + "\n").utf8))
            Task { await accept(channel, hub, clock) }
            return AdminServer(channel: channel.channel, place: place)
        } catch { throw .adminSocket(reason: "\(error)") }
    }

    func stop() async {
        try? await channel.close()
        place.remove()
    }

    private static func listen(_ folder: HubFolder) async throws -> (Listener, AdminPlace) {
        do { return try await listen(in: AdminPlace(in: folder)) } catch { return try await listen(in: AdminPlace.temporary()) }
    }

    private static func listen(in place: AdminPlace) async throws -> (Listener, AdminPlace) {
        do {
            let channel = try await place.reached { path in
                let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(unixDomainSocketPath: path) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                        }
                    }
                chmod(path, 0o600)
                return channel
            }
            return (channel, place)
        } catch {
            place.remove()
            throw error
        }
    }

    // MARK: - Requests

    private static func accept(_ channel: Listener, _ hub: Hub, _ clock: HubClock) async {
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
}
