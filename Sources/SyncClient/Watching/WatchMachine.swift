package import EventCore
package import LogStore
package import ReplicaEngine
package import SyncCore

/// A store that a watch shares with others: it is handed out for one piece of work, and nobody holds it in between.
package protocol WatchedStore {
    func reading<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value
    /// Waits for another writer that is just about done.
    func writing<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value
    /// Something else whenever the log has been written to.
    var stamp: UInt64 { get }
    /// Takes note of the device's lease, on the clock of the watch.
    func note(_ lease: DeviceLease)
}

/// What a watch needs of the machine that it runs on.
package struct WatchMachine {
    /// The store's folder and the folder of device keys.
    package let folder: String
    package let keys: String
    package let store: any WatchedStore
    package let bell: WatchBell
    package let clock: () -> ClockReading
    package let chance: () -> UInt64
    /// Whether the machine's network has come up, or another one, since it was asked last.
    package let hasNetworkReturned: () -> Bool

    package init(
        folder: String, keys: String, store: any WatchedStore, bell: WatchBell = WatchBell(), clock: @escaping () -> ClockReading,
        chance: @escaping () -> UInt64, hasNetworkReturned: @escaping () -> Bool = NetworkNews().hasReturned
    ) {
        self.folder = folder
        self.keys = keys
        self.store = store
        self.bell = bell
        self.clock = clock
        self.chance = chance
        self.hasNetworkReturned = hasNetworkReturned
    }
}

/// Wakes a watch from any thread: there is something to push, or to end for, or the network is there again.
package final class WatchBell: Sendable {
    let inbox = SocketInbox()

    package init() {}

    package func ring() { inbox.ring() }

    /// What failed for want of the network is tried at once.
    package func networkReturned() { inbox.networkReturned() }
}

/// What a watch tells whoever looks.
package enum WatchNews: Sendable {
    case status(SyncStatus)
    /// New events were taken in: a page of them, or a critical one that came by itself.
    case arrived(Arrival)
    /// Own critical event: who has it, who has not yet.
    case acknowledged(Dot, by: [DeviceID], missing: [DeviceID])
}

/// What was taken in at once, or since somebody looked.
package struct Arrival: Hashable, Sendable {
    /// New events of each device.
    package var counts: [DeviceID: Int]
    /// Some of the records that are in conflict since.
    package var conflicts: [RecordKey]
    /// How many more records are in conflict than before; negative when others have settled some.
    package var conflictsMore: Int
    /// How many records are in conflict now.
    package var conflictsOpen: Int
    /// The critical ones among the new events.
    package var critical: [Event] = []

    package var eventCount: Int { counts.values.reduce(0, +) }

    /// What came behind it is added.
    package mutating func add(_ later: Arrival) {
        counts.merge(later.counts, uniquingKeysWith: +)
        conflicts += later.conflicts.filter { !conflicts.contains($0) }
        conflictsMore += later.conflictsMore
        conflictsOpen = later.conflictsOpen
        critical += later.critical
    }
}
