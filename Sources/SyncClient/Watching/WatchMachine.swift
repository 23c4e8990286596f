package import EventCore
package import LogStore
package import ReplicaEngine
package import SyncCore

/// What a watch needs of the machine that it runs on.
package struct WatchMachine {
    /// The store's folder and the folder of device keys.
    package let folder: String
    package let keys: String
    package let reading: () throws(ReplicaError) -> Replica<POSIXVolume>
    /// Waits for another writer that is just about done.
    package let writing: () throws(ReplicaError) -> Replica<POSIXVolume>
    /// Something else whenever the log has been written to.
    package let stamp: () -> UInt64
    package let clock: () -> ClockReading
    package let chance: () -> UInt64

    package init(
        folder: String, keys: String, reading: @escaping () throws(ReplicaError) -> Replica<POSIXVolume>,
        writing: @escaping () throws(ReplicaError) -> Replica<POSIXVolume>, stamp: @escaping () -> UInt64,
        clock: @escaping () -> ClockReading, chance: @escaping () -> UInt64
    ) {
        self.folder = folder
        self.keys = keys
        self.reading = reading
        self.writing = writing
        self.stamp = stamp
        self.clock = clock
        self.chance = chance
    }
}

/// What a watch tells whoever looks.
package enum WatchNews: Sendable {
    case status(SyncStatus)
    /// New events were taken in; so many records are in conflict now.
    case pulled(events: Int, conflicts: Int)
    /// A critical event was taken in.
    case critical(Event)
    /// Own critical event: who has it, who has not yet.
    case acknowledged(Dot, by: [DeviceID], missing: [DeviceID])
}
