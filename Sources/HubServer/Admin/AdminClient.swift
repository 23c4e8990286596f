internal import EventCore
internal import Glibc
internal import HubStore
internal import LogStore
internal import ReplicaEngine
package import SyncCore

/// Makes invitations from the hub's machine: through the admin socket of a running hub, else in its files.
package enum AdminClient {
    package static func invite(
        data: String, workspace: String, role: Role, lifeMilliseconds: UInt64, clock: HubClock
    ) throws(HubError) -> Invitation {
        guard HubFolder.isName(workspace) else { throw .badWorkspaceName(workspace) }
        let folder = HubFolder(path: data)
        let request = AdminRequest(workspace: workspace, role: role, lifeMilliseconds: lifeMilliseconds)
        try folder.prepare()
        let deadline = clock.monotonic() + patienceMilliseconds
        while true {
            do throws(HubError) {
                let lock = try HubLock(folder)
                defer { lock.release() }
                return try inviteOffline(request, folder, clock)
            } catch { guard case .alreadyRunning = error else { throw error } }
            if let hub = AdminPlace(of: folder)?.connected() { return try ask(request, hub) }
            // Whoever has the folder is a hub that is just starting or ending, or somebody else who makes an invitation.
            guard clock.monotonic() < deadline else { throw .adminSocket(reason: "nobody listens at its admin socket") }
            usleep(50_000)
        }
    }

    private static let patienceMilliseconds: UInt64 = 10_000

    /// The hub does not run, and cannot start meanwhile.
    private static func inviteOffline(_ request: AdminRequest, _ folder: HubFolder, _ clock: HubClock) throws(HubError) -> Invitation {
        let path = folder.folder(of: request.workspace)
        do throws(VolumeError) {
            try folder.volume.createFolderIfMissing(path)
            try folder.volume.syncFolder(folder.workspaces)
        } catch { throw .volume(error) }
        let (code, now) = (Secrets.newCode(), clock.wall())
        let expires = now + request.lifeMilliseconds
        let journal: Journal<POSIXVolume>
        do throws(JournalError) {
            journal = try Journal.open(in: path, on: folder.volume, wall: now, newWorkspace: Secrets.newWorkspace).journal
        } catch { throw HubError(error) }
        let record = HubRecord.codeIssued(
            StandardCryptography.sha256(Secret(code: code).bytes), request.role, expiresAt: expires)
        do throws(VolumeError) { try journal.append([record]) } catch { throw .volume(error) }
        return Invitation(code: code, workspace: request.workspace, role: request.role, expires: expires)
    }

    private static func ask(_ request: AdminRequest, _ hub: Int32) throws(HubError) -> Invitation {
        let reply = try exchange(request.line, hub)
        guard let invitation = Invitation(json: reply) else {
            throw .adminSocket(reason: (try? JSONValue(json: reply))?["detail"]?.text ?? "the hub's answer is none")
        }
        return invitation
    }

    /// Sends a line, reads all that comes back, and closes the socket.
    private static func exchange(_ line: [UInt8], _ descriptor: Int32) throws(HubError) -> [UInt8] {
        defer { close(descriptor) }
        guard write(descriptor, line, line.count) == line.count else { throw AdminPlace.failure() }
        var reply: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &piece, piece.count), count > 0 { reply += piece[..<count] }
        return reply
    }
}
