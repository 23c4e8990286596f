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

    /// Opens a store for one piece of work, waiting for other writers that are just about done.
    ///
    /// - Parameter isWatch: whether it is a watch's: it outlasts a command that waits for the hub.
    /// - Throws: what `Replica.open` throws; `.log(.locked)` when the same other one has had it for five seconds, for half a second where that one holds the store.
    package static func openForWriting(
        _ folder: String, command: String, isWatch: Bool = false
    ) throws(ReplicaError) -> Replica<POSIXVolume> {
        let patience = isWatch ? LockPatience.watchSeconds : LockPatience.writerSeconds
        return try open(folder, as: LockHolder(process: process, command: command), patience)
    }

    /// Opens a store to look at it.
    ///
    /// - Throws: what `Replica.open` throws.
    package static func openForReading(_ folder: String) throws(ReplicaError) -> Replica<POSIXVolume> {
        try present(folder) { () throws(ReplicaError) in try Replica.open(in: folder, on: POSIXVolume(), access: .reading) }
    }

    /// Has `open` outlast the moment in which a mended store is put in the place of the old one.
    private static func present<Value>(_ folder: String, _ open: () throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try Mending.outlasting(folder, missing: { if case .notAStore = $0 { true } else { false } }, open)
    }

    /// Opens a store that is held for writing from now on, as a prompt and an embedding program do.
    ///
    /// - Throws: the same, after half a second.
    package static func hold(_ folder: String, command: String, _ holding: LockHolder.Holding) throws(ReplicaError) -> Replica<POSIXVolume>
    {
        try open(folder, as: LockHolder(process: process, command: command, holding), LockPatience.holderSeconds)
    }

    private static func open(
        _ folder: String, as holder: LockHolder, _ patienceSeconds: Double
    ) throws(ReplicaError) -> Replica<POSIXVolume> {
        var patience = LockPatience(seconds: patienceSeconds, start: monotonicSeconds)
        while true {
            do throws(ReplicaError) {
                return try present(folder) { () throws(ReplicaError) in
                    try Replica.open(in: folder, on: POSIXVolume(), access: .writing, options: LogOptions(holder: holder))
                }
            } catch {
                guard case .log(.locked(let other)) = error, patience.lasts(against: other, now: monotonicSeconds) else { throw error }
                pause(milliseconds: 20)
            }
        }
    }
}
