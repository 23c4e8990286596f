internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// Makes a new store.
struct InitCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new store with its own device.",
        discussion:
            "Makes DIR/.syncline, DIR where it is missing, and a new random device id. Without DIR it is where --store or $SYNCLINE_STORE says, else in this folder. Example:\n\n  syncline init --name laptop"
    )

    @Argument(help: "Where; the same as --store.") var dir: String?
    @Option(help: "What people call this device; the machine's name when left out.") var name: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard dir == nil || common.store == nil else { throw ValidationError("DIR and --store are the same: give one of them") }
        guard dir?.isEmpty != true else { throw ValidationError("DIR is empty; leave it out for this folder") }
    }

    func run(_ session: Session) throws {
        let folder = StoreFinder.folderForNew(option: dir ?? common.store)
        let name = name ?? Machine.hostName
        try Self.check(name)
        do throws(VolumeError) { try POSIXVolume().createFolders(POSIXVolume.folder(of: folder)) } catch { throw ConsoleError(error) }
        let store = try Store.create(
            in: folder, on: POSIXVolume(), device: Host.newDevice(), name: name, storeID: Host.newStoreID(), options: Session.options)
        try store.close()
        if session.isJSON {
            session.output.object { writer in
                writer.key("store")
                writer.string(folder)
                writer.key("device")
                writer.device(store.device)
                writer.key("name")
                writer.string(name)
            }
        } else {
            session.output.line("\(folder): a new store; this device is \(name), \(store.device)")
        }
    }

    /// - Throws: where this is no name for a device.
    static func check(_ name: String) throws(ConsoleError) {
        guard DeviceName.isOne(name) else { throw .usage(DeviceName.rule) }
    }
}
