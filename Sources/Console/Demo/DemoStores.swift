internal import EventCore
internal import HubServer
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// The stores of the demonstration, in a folder: a laptop's that has got two other devices' events, and three conflicts with them.
///
/// The events went through a hub in this process. Where the machine lets none listen they go from store to store.
final class DemoStores {
    static let devices = ["laptop", "phone", "tablet"]

    private let folder: String
    private let hub: RunningHub?
    /// Why there is no hub.
    private(set) var trouble: String?

    var keysFolder: String { folder + "/keys" }
    var hubFolder: String { folder + "/hub" }
    var hubURL: String? { hub?.url }
    var laptop: String { Self.storeFolder(Self.devices[0], in: folder) }

    /// - Parameter wall: the wall clock's milliseconds since 1970, when the last edit is to have been a minute ago.
    init(in folder: String, wall: UInt64) throws {
        self.folder = folder
        let stores = try Self.devices.map { name in
            let parent = folder + "/" + name
            do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(parent) } catch { throw ConsoleError(error) }
            return try Store.create(
                in: StoreFinder.folder(of: parent), on: POSIXVolume(), device: Host.newDevice(), name: name,
                storeID: Host.newStoreID(), options: Session.options)
        }
        var running: RunningHub?
        do {
            let started = try RunningHub(
                HubOptions(
                    data: folder + "/hub", host: "127.0.0.1", port: 0, certificate: nil, key: nil, origins: [], limits: SyncLimits(),
                    clock: Machine.hubClock,
                    log: { _ in }))
            running = started
            for store in stores { try Self.join(store, started.url, in: folder) }
        } catch {
            guard let reason = Self.reasonWithoutNetwork(error) else { throw error }
            try? running?.stop()
            (running, trouble) = (nil, reason)
        }
        hub = running
        for edits in [DemoEdit.before, DemoEdit.apart] {
            for edit in edits { _ = try stores[edit.device].commit([try edit.draft()], wall: wall - edit.minutesAgo * 60_000) }
            // Everybody gets everything: before the edits that are made apart, and after them.
            try exchange(stores)
        }
        for store in stores { try store.close() }
    }

    /// Everybody gets what was written since.
    ///
    /// - Returns: whether all hold the same records.
    func meet() throws -> Bool {
        let stores = try Self.devices.map { name in
            try Store.open(in: Self.storeFolder(name, in: folder), on: POSIXVolume(), access: .writing, options: Session.options)
        }
        try exchange(stores)
        let digests = try stores.map { try $0.stateDigest() }
        for store in stores { try store.close() }
        return Set(digests).count == 1
    }

    func end() { try? hub?.stop() }

    private static func storeFolder(_ name: String, in folder: String) -> String { StoreFinder.folder(of: folder + "/" + name) }

    // MARK: - Exchange

    private static func join(_ store: Store, _ url: String, in folder: String) throws {
        let invitation = try AdminClient.invite(
            data: folder + "/hub", workspace: "main", role: .client, lifeMilliseconds: 60_000, clock: Machine.hubClock)
        let chain = try OwnChain.head(of: store, upTo: store.versionVector[store.device], from: nil)
        _ = try Joining.join(
            [url], code: invitation.code, device: store.device, name: store.name, chain: chain,
            folder: SyncFolder(ofStore: storeFolder(store.name, in: folder)),
            keys: folder + "/keys", authorities: nil)
    }

    /// What says that this machine has no network, not even one of its own; nil for anything else.
    private static func reasonWithoutNetwork(_ error: any Error) -> String? {
        switch error {
        case HubError.cannotListen(_, let reason), HubError.adminSocket(let reason), SyncError.unreachable(_, let reason): reason
        default: nil
        }
    }

    private func exchange(_ stores: [Store]) throws {
        guard hub != nil else { return try handOver(stores) }
        for store in stores + stores {
            _ = try Syncing(store, in: Self.storeFolder(store.name, in: folder), keys: keysFolder, now: { Machine.wall }).sync()
        }
    }

    private func handOver(_ stores: [Store]) throws {
        for source in stores {
            for target in stores where target !== source {
                try target.hear(names: [source.device: source.name])
                _ = try target.ingest(try source.allEvents())
            }
        }
    }
}
