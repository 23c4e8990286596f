package import LogStore
package import ReplicaEngine

/// Opening a store for writing, while others do.
extension Host {
    /// What a store's folder is called where its own name was not given.
    package static let storeFolderName = ".syncline"

    /// The store's own folder, of that or of the folder that holds it.
    package static func storeFolder(of path: String) -> String {
        var trimmed = path
        while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
        let isStoreItself = trimmed == storeFolderName || trimmed.hasSuffix("/" + storeFolderName)
        return isStoreItself ? trimmed : trimmed + (trimmed == "/" ? "" : "/") + storeFolderName
    }

    /// How long a writer waits for another one that writes and goes, and how long for one that holds the store for hours.
    private static let lockWaitSeconds = 5.0
    private static let holderWaitSeconds = 0.5

    /// Opens a store for one piece of work, waiting for another writer that is just about done.
    ///
    /// - Throws: what `Replica.open` throws; `.log(.locked)` after five seconds, or half a second where the other one holds the store.
    package static func openForWriting(_ folder: String, command: String) throws(ReplicaError) -> Replica<POSIXVolume> {
        try open(folder, as: LockHolder(process: process, command: command), waitSeconds: lockWaitSeconds)
    }

    /// Opens a store that is held for writing from now on, as a prompt and an embedding program do.
    ///
    /// - Throws: the same, after half a second.
    package static func hold(_ folder: String, command: String, _ holding: LockHolder.Holding) throws(ReplicaError) -> Replica<POSIXVolume>
    {
        try open(folder, as: LockHolder(process: process, command: command, holding), waitSeconds: holderWaitSeconds)
    }

    private static func open(
        _ folder: String, as holder: LockHolder, waitSeconds: Double
    ) throws(ReplicaError) -> Replica<POSIXVolume> {
        let start = monotonicSeconds
        while true {
            do throws(ReplicaError) {
                return try Replica.open(in: folder, on: POSIXVolume(), access: .writing, options: LogOptions(holder: holder))
            } catch {
                guard case .log(.locked(let other)) = error else { throw error }
                guard monotonicSeconds < start + (other?.isHolding == true ? holderWaitSeconds : waitSeconds) else { throw error }
                pause(milliseconds: 20)
            }
        }
    }
}
