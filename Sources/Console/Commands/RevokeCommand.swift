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
        let syncing = try session.syncing(try session.reading())
        let devices = try syncing.devices()["devices"]?.items ?? []
        let named = devices.filter { $0["name"]?.text.map { $0.utf8.elementsEqual(device.utf8) } == true }
        let fitting = named.isEmpty ? devices.filter { $0["device"]?.text?.hasPrefix(device) == true } : named
        guard fitting.count <= 1 else {
            throw ConsoleError.usage("“\(device)” fits several devices", hint: "`syncline devices` lists them: type more of the id")
        }
        guard let id = fitting.first?["device"]?.text.flatMap({ DeviceID($0) }), !device.isEmpty else {
            throw ConsoleError(code: "no-such-device", "no device is called “\(device)”", hint: "`syncline devices` lists them")
        }
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
