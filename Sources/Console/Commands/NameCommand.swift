internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// Calls a device by a name, here.
struct NameCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "name", abstract: "Call a device by a name of your own, in this store.",
        discussion:
            "It stands before the name that the hub has for the device, which shows again when NAME is left out. A device that this store does not know is looked for at its hub. Example:\n\n  syncline name 4e1fbf6a kitchen"
    )

    @Argument(help: "Its name, or the first characters of its id.") var device: String
    @Argument(help: "What to call it here.") var name: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let id = try meant(session, store)
        guard id != store.device else {
            throw ConsoleError(code: "own-name", "this is the device of this store: it is called so since `syncline init`")
        }
        if let name { try InitCommand.check(name) }
        try store.remember(name: name, for: id)
        guard session.isJSON else {
            session.output.line("\(id) is called \(session.name(of: id, in: store)) here")
            return
        }
        session.output.object { writer in
            writer.key("device")
            writer.device(id)
            writer.key("name")
            writer.string(session.name(of: id, in: store))
        }
    }

    /// The device. Who has joined since this store was synced is known to the hub alone.
    private func meant(_ session: Session, _ store: Store) throws -> DeviceID {
        do { return try session.device(device, in: store) } catch let error as ConsoleError where error.code == ConsoleError.noSuchDevice {
            guard SyncFolder(ofStore: try session.folder()).hasLink, let syncing = try? session.syncing(store) else { throw error }
            syncing.hearNames()
            return try session.device(device, in: store)
        }
    }
}
