package import EventCore
package import LogStore
package import ReplicaEngine
package import SyncCore
internal import Synchronization

/// Whose turn it is with a store that somebody holds open: its holder's, for one command, or that of the sync behind it.
///
/// Each has it for one command, or for one batch of events. Nobody has it while a person types, is asked, or has an editor open.
package final class StoreGate: WatchedStore, @unchecked Sendable {
    /// Told by whoever has the turn that the log has grown meanwhile, and where it ended before.
    package typealias Growth = (_ store: Replica<POSIXVolume>, _ endBefore: Position) -> Void

    /// Monitors number what is waited for; here it is only the turn.
    private enum Awaited: Int, CaseIterable {
        case nothing
    }

    /// Touched by whoever has the turn.
    private let store: Replica<POSIXVolume>
    private let onGrowth: Growth
    private var isClosed = false
    private let monitor = Monitor<Awaited>()
    private let end: Atomic<UInt64>
    private let ownSeqSeen: Atomic<UInt64>
    private let lease = Mutex(DeviceLease())
    private let isJoining = Atomic(false)

    /// What is written from now on is written under the lease that the watch behind the store holds.
    ///
    /// - Parameter folder: the store's.
    package init(_ store: Replica<POSIXVolume>, in folder: String, onGrowth: @escaping Growth = { _, _ in }) {
        self.store = store
        self.onGrowth = onGrowth
        end = Atomic(store.end.index)
        ownSeqSeen = Atomic(store.versionVector[store.device])
        let joined = SyncFolder(ofStore: folder)
        store.lease = WritingLease(
            hasJoined: { [weak self] in self?.isJoining.load(ordering: .acquiring) == true || joined.hasLink },
            epoch: { [weak self] in self?.leaseEpoch ?? 0 })
    }

    /// The device's last seq, as whoever had the turn last left it.
    package var ownSeq: UInt64 { ownSeqSeen.load(ordering: .acquiring) }

    package var stamp: UInt64 { end.load(ordering: .acquiring) }

    /// Waits for its turn, at most as long as a batch takes, and has it while `body` runs.
    package func entered<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        enter()
        defer { leave() }
        return try body()
    }

    /// Lets others have the store while `body` runs, which must not touch it.
    package func left<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        leave()
        defer { enter() }
        return try body()
    }

    /// From `true` on no policy is written without a lease, though the store's folder does not say yet that it has joined: the hub is told how much the device had written before.
    package func note(joining isJoining: Bool) { self.isJoining.store(isJoining, ordering: .releasing) }

    /// Nobody behind its holder gets the store any more.
    package func close() { entered { isClosed = true } }

    package func reading<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try entered { () throws(ReplicaError) in
            guard !isClosed else { throw .log(.locked(by: nil)) }
            return try body(store)
        }
    }

    package func writing<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try reading(body)
    }

    package func note(_ lease: DeviceLease) { self.lease.withLock { $0 = lease } }

    /// The epoch of the lease that the watch behind the store holds now; 0 while it does not lead.
    package var leaseEpoch: UInt64 { lease.withLock { $0.epoch(at: Host.clock.milliseconds) } }

    private func enter() { monitor.lock() }

    private func leave() {
        let before = end.load(ordering: .acquiring)
        if store.end.index != before {
            onGrowth(store, Position(before))
            end.store(store.end.index, ordering: .releasing)
            ownSeqSeen.store(store.versionVector[store.device], ordering: .releasing)
        }
        monitor.unlock()
    }
}
