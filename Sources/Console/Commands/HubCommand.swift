internal import ArgumentParser
internal import EventCore
internal import SyncClient

/// Shows or changes the addresses of this store's hub.
struct HubCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "Show or change the addresses of this store's hub.",
        discussion:
            "The first one that answers is used, the others when it does not. They are addresses of one hub: another one does not know this device. Example:\n\n  syncline hub https://hub.example https://10.0.0.7:7420"
    )

    @Argument(help: ArgumentHelp("The addresses that it has from now on.", valueName: "url")) var addresses: [String] = []
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let folder = SyncFolder(ofStore: try session.folder())
        if !addresses.isEmpty { try folder.set(hubs: addresses) }
        guard let link = try folder.link() else { throw SyncError.notJoined(folder: try session.folder()) }
        guard session.isJSON else {
            for hub in link.hubs { session.output.line(hub) }
            return
        }
        session.output.object { writer in
            writer.key("hubs")
            writer.beginArray()
            for hub in link.hubs { writer.string(hub) }
            writer.endArray()
            writer.key("workspace")
            writer.string(link.workspace)
        }
    }
}
