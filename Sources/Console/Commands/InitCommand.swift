internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient

/// Makes a new store.
struct InitCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new store with its own device.",
        discussion: "Makes DIR/.syncline and a new random device id. Example:\n\n  syncline init --name laptop")

    @Argument(help: "Where; this folder when left out.") var dir: String?
    @Option(help: "What people call this device; the machine's name when left out.") var name: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let parent = dir ?? common.store ?? Machine.currentFolder
        if dir != nil && !Machine.isFolder(parent) {
            do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(parent) } catch { throw ConsoleError(error) }
        }
        let name = name ?? Machine.hostName
        try Self.check(name)
        let folder = StoreFinder.folder(of: parent)
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
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .usage("a device's name has no control characters, and is not empty")
        }
    }
}
