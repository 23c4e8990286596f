internal import ArgumentParser
internal import EventCore
internal import SyncClient

/// Lists the workspace's devices.
struct DevicesCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List the devices of this store's workspace.",
        discussion:
            "Each with its role, whether it is connected, leads or was revoked, when it was seen last, and how many events it is behind. Example:\n\n  syncline devices --json"
    )

    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let syncing = try session.syncing(store)
        syncing.hearNames()
        let devices = try syncing.devices()["devices"]?.items ?? []
        guard session.isJSON else {
            for device in devices {
                let id = device["device"]?.text.flatMap { DeviceID($0) }
                session.output.line(Self.line(device, name: id.map { session.name(of: $0, in: store) } ?? ""))
            }
            return
        }
        for device in devices {
            var writer = JSONWriter()
            device.write(to: &writer)
            writer.endLine()
            session.output.write(writer.bytes)
        }
    }

    private static func line(_ device: JSONValue, name: String) -> String {
        let state =
            if device["revokedAt"] != nil { "revoked" } else if device["connected"]?.isTrue == true { "connected" } else { "" }
        let seen = device["lastSeen"]?.integer.map { "seen " + TimeText.iso(milliseconds: $0) } ?? "not seen lately"
        let lag = device["lag"]?.integer.map { "\($0) behind" } ?? ""
        let leads = device["leading"]?.isTrue == true ? "leads" : ""
        return [name, device["device"]?.text ?? "", device["role"]?.text ?? "", state, leads, seen, lag]
            .filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
