internal import ArgumentParser
internal import EventCore
internal import SyncClient

/// Shuts a device out.
struct RevokeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Shut a device out of the workspace; only the master may.",
        discussion: "Its events stay, also those that only others hold. Example:\n\n  syncline revoke phone")

    @Argument(help: "Its name, or the first characters of its id.") var device: String
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let syncing = try session.syncing(store)
        syncing.hearNames()
        let id = try session.device(device, in: store)
        let answer = try syncing.leading { (epoch) throws(SyncError) in try syncing.revoke(id, epoch: epoch) }
        guard session.isJSON else {
            session.output.line("\(id) is revoked")
            return
        }
        session.output.object { writer in
            writer.key("device")
            writer.device(id)
            writer.key("revokedAt")
            writer.integer(answer["revokedAt"]?.integer ?? 0)
        }
    }
}
