internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// A store that is opened for each piece of a watch's work, so that other commands can write to it in between.
struct PassingStore: WatchedStore {
    let session: Session
    let folder: String

    func reading<Value>(_ body: (Store) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try body(try Host.openForReading(folder))
    }

    func writing<Value>(_ body: (Store) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        let store = try session.writing(folder, isWatch: true)
        let value = try body(store)
        try store.close()
        return value
    }

    /// It writes nothing of its own.
    func note(_ lease: DeviceLease) {}

    var stamp: UInt64 { Machine.stamp(ofFolder: folder + "/log") }
}
