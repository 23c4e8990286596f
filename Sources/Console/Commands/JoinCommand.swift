internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// Enrols this store's device at a hub.
struct JoinCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Enrol this device at a hub with a one-time code.",
        discussion:
            "Makes the device's key, outside the store. Several addresses of one hub are given separated by commas. Example:\n\n  syncline join http://127.0.0.1:7420 ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2-34567"
    )

    @Argument(help: "The hub's address.") var url: String
    @Argument(help: "The code that `syncline invite` printed.") var code: String
    @Option(help: "What the workspace calls this device; its own name when left out.") var name: String?
    @Option(help: ArgumentHelp("Certificates to trust instead of the system's, in PEM.", valueName: "file")) var ca: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        // Nobody writes meanwhile: the hub is told how much the device had written before it joined.
        let store = try session.writing()
        let link: HubLink
        do {
            link = try join(session, store)
            try session.syncing(store).hearNames()
        } catch {
            try session.close(store)
            throw error
        }
        try session.close(store)
        show(session, store, link)
    }

    private func join(_ session: Session, _ store: Store) throws -> HubLink {
        let chain = try OwnChain.head(of: store, upTo: store.versionVector[store.device], from: nil)
        let folder = SyncFolder(ofStore: try session.folder())
        do throws(SyncError) {
            return try Joining.join(
                url.split(separator: ",").map(String.init), code: code, device: store.device, name: name ?? store.name, chain: chain,
                folder: folder, keys: Host.keysFolder, authorities: ca.map(Machine.realPath))
        } catch { throw ConsoleError(enrolling: error) }
    }

    private func show(_ session: Session, _ store: Store, _ link: HubLink) {
        guard session.isJSON else {
            session.output.line("\(store.name) has joined \(link.workspace) at \(link.hubs.joined(separator: ", ")) as \(link.role)")
            return
        }
        session.output.object { writer in
            writer.key("hub")
            writer.string(link.hubs[0])
            writer.key("workspace")
            writer.string(link.workspace)
            writer.key("role")
            writer.string(link.role)
            writer.key("device")
            writer.device(store.device)
        }
    }
}
