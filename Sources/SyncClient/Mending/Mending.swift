package import EventCore
package import LogStore
internal import ReplicaEngine

/// Writing on under another identity, where others hold other events under a store's own: what the hub has, and then what it has not, issued anew.
///
/// The new store grows beside the old one, in `STORE.mending`, and takes its place when it is whole: at once where the file system can, else by two renames. The old one is kept in its
/// folder `forked/`. Repeating what was interrupted completes it.
package struct Mending {
    package struct Report: Hashable, Sendable {
        package let former: DeviceID
        package let device: DeviceID
        /// Own events that the hub had, and that stay as they are.
        package let agreed: UInt64
        /// Own events that were issued anew.
        package let reissued: Int
        /// Own events that fit under no identity, and are in the old log alone.
        package let leftOut: [Event]
        /// Where the old log is kept.
        package let kept: String
    }

    private let path: String
    private let keys: String
    private let now: () -> UInt64
    private let volume = POSIXVolume()

    private var mendingPath: String { Self.mendingPath(of: path) }
    private static let keptFolder = "/forked"
    /// What a person keeps in a store beside the log.
    private static let carriedFiles = ["names", "names.told", "answers", "history"]

    /// - Parameter path: the store's folder.
    package init(_ path: String, keys: String, now: @escaping () -> UInt64) {
        self.path = path
        self.keys = keys
        self.now = now
    }

    private static func mendingPath(of path: String) -> String { path + ".mending" }

    /// Has `body` done once more where what it wants of a store is missing for the moment in which the mended one is put in its place by two renames.
    ///
    /// - Throws: what `body` throws; after five seconds also what `isMissing`, as an interruption may have left the store so.
    static func outlasting<Value, Failure: Error>(
        _ path: String, missing isMissing: (Failure) -> Bool, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let end = Host.monotonicSeconds + swapSeconds
        while true {
            do throws(Failure) { return try body() } catch {
                guard isMissing(error), (try? isBetweenStores(path)) == true, Host.monotonicSeconds < end else { throw error }
                Host.pause(milliseconds: 20)
            }
        }
    }

    private static let swapSeconds = 5.0

    /// Whether the old store is gone, and the mended one not yet in its place.
    private static func isBetweenStores(_ path: String) throws(VolumeError) -> Bool {
        let volume = POSIXVolume()
        guard try !volume.exists(path) else { return false }
        return try volume.exists(mendingPath(of: path) + keptFolder)
    }

    /// Puts in its place what an interruption has left beside it: the mended store, or the old one.
    ///
    /// - Returns: whether there was one.
    package func complete() throws(SyncError) -> Bool {
        do throws(VolumeError) {
            if try Self.isBetweenStores(path) {
                try volume.rename(mendingPath, to: path)
                try volume.syncFolder(POSIXVolume.folder(of: path))
                return true
            }
            guard let kept = try placeOfExchanged() else { return false }
            try putAside(as: kept)
            return true
        } catch { throw .file(path: error.path, code: error.code) }
    }

    /// The place in the mended store where the old one, which lies beside it by now, is to be kept: it is empty as long as that is so.
    private func placeOfExchanged() throws(VolumeError) -> String? {
        guard try volume.exists(mendingPath), try volume.exists(path + Self.keptFolder) else { return nil }
        for name in try volume.names(in: path + Self.keptFolder) {
            let place = Self.keptFolder + "/" + name
            if try volume.names(in: path + place).isEmpty { return place }
        }
        return nil
    }

    /// - Parameters:
    ///   - code: a one-time code of the hub.
    ///   - device: the new identity.
    /// - Throws: `.notJoined`, `.notAllowed` when the code is no good, `.unreachable`, `.store`. The old store is as it was then.
    package func run(code: String, device: DeviceID, storeID: StoreID, options: LogOptions) throws(SyncError) -> Report {
        guard let link = try SyncFolder(ofStore: path).link() else { throw .notJoined(folder: path) }
        let lock = try locked()
        defer { volume.close(lock) }
        let old = try stored { () throws(ReplicaError) in try Replica.open(in: path, on: volume, access: .reading) }
        let new = try begun(device, old.name, storeID, options)
        let folder = SyncFolder(ofStore: mendingPath)
        if try folder.link() == nil {
            _ = try Joining.join(
                link.hubs, code: code, device: new.device, name: old.name, chain: ChainHead(emptyChainOf: new.device), folder: folder,
                keys: keys, authorities: link.authorities, formerly: old.device)
        }
        _ = try Syncing(new, in: mendingPath, keys: keys, now: now).pull()
        let outcome = try stored { () throws(ReplicaError) in try Reissue.handOver(from: old, to: new) }
        if outcome.hasPolicies {
            // Their lease was the former identity's: under the new one they were written before it joined.
            let chain = try stored { () throws(ReplicaError) in
                try OwnChain.head(of: new, upTo: new.versionVector[new.device], from: nil)
            }
            try Joining.extend(folder, code: code, device: new.device, name: old.name, chain: chain, keys: keys, formerly: old.device)
        }
        let kept = Self.keptFolder + "/\(old.device)"
        try stored { () throws(ReplicaError) in try new.close() }
        try alone { () throws(SyncError) in
            try carry(old)
            try swap(keeping: kept)
        }
        return Report(
            former: old.device, device: new.device, agreed: outcome.agreed, reissued: outcome.reissued, leftOut: outcome.leftOut,
            kept: path + kept)
    }

    /// Nobody writes to the old store meanwhile.
    private func locked() throws(SyncError) -> POSIXVolume.File {
        do throws(VolumeError) {
            let file = try volume.open(path + "/lock", .readingAndWriting)
            if try volume.lock(file) == .taken { return file }
            volume.close(file)
        } catch { throw .file(path: error.path, code: error.code) }
        throw .store(.log(.locked(by: nil)))
    }

    /// Has `body` run while no other program changes what lies beside the old store's log; whoever waits for that changes it in the new store's.
    private func alone(_ body: () throws(SyncError) -> Void) throws(SyncError) {
        var turns: [POSIXVolume.File] = []
        defer { for turn in turns { volume.close(turn) } }
        do throws(VolumeError) {
            for folder in [path, SyncFolder(ofStore: path).path] { turns.append(try volume.enter(folder)) }
        } catch { throw .file(path: error.path, code: error.code) }
        try body()
    }

    /// The new store; one that an interruption has left is gone on with.
    private func begun(
        _ device: DeviceID, _ name: String, _ storeID: StoreID, _ options: LogOptions
    ) throws(SyncError) -> Replica<POSIXVolume> {
        try stored { () throws(ReplicaError) in
            do throws(ReplicaError) { return try Replica.open(in: mendingPath, on: volume, access: .writing, options: options) } catch {
                guard case .notAStore = error else { throw error }
            }
            return try Replica.create(in: mendingPath, on: volume, device: device, name: name, storeID: storeID, options: options)
        }
    }

    /// What a person had beside the log.
    private func carry(_ old: Replica<POSIXVolume>) throws(SyncError) {
        do throws(VolumeError) {
            for file in Self.carriedFiles {
                guard let bytes = try? volume.wholeFile(path + "/" + file) else { continue }
                let target = mendingPath + "/" + file
                try volume.replaceFile(target, by: target + ".unfinished", in: mendingPath, with: bytes)
            }
        } catch { throw .file(path: error.path, code: error.code) }
        try stored { () throws(ReplicaError) in
            let named = try Replica.open(in: mendingPath, on: volume, access: .reading)
            try named.remember(name: "\(old.name) before", for: old.device)
        }
    }

    private func swap(keeping kept: String) throws(SyncError) {
        do throws(VolumeError) {
            try volume.createFolderIfMissing(mendingPath + Self.keptFolder)
            // A folder may take the place of an empty one.
            try volume.createFolderIfMissing(mendingPath + kept)
            try volume.syncFolder(mendingPath + Self.keptFolder)
            try volume.syncFolder(mendingPath)
            if try volume.exchange(path, mendingPath) {
                try volume.syncFolder(POSIXVolume.folder(of: path))
                return try putAside(as: kept)
            }
            try volume.rename(path, to: mendingPath + kept)
            try volume.syncFolder(mendingPath + Self.keptFolder)
            try volume.rename(mendingPath, to: path)
            try volume.syncFolder(POSIXVolume.folder(of: path))
        } catch { throw .file(path: error.path, code: error.code) }
    }

    /// Keeps the old store in the mended one, which has its place.
    private func putAside(as kept: String) throws(VolumeError) {
        try volume.rename(mendingPath, to: path + kept)
        try volume.syncFolder(path + Self.keptFolder)
        try volume.syncFolder(POSIXVolume.folder(of: path))
    }

    private func stored<Value>(_ body: () throws(ReplicaError) -> Value) throws(SyncError) -> Value {
        do throws(ReplicaError) { return try body() } catch { throw .store(error) }
    }
}
