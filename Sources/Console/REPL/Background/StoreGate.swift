internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import Synchronization

/// Whose turn it is with a store that a prompt holds: its commands', or that of the sync behind them.
///
/// Each has it for one command, or for one batch of events. Nobody has it while a person types, is asked, or has an editor open.
final class StoreGate: WatchedStore, @unchecked Sendable {
    /// Monitors number what is waited for; here it is only the turn.
    private enum Awaited: Int, CaseIterable {
        case nothing
    }

    /// Touched by whoever has the turn.
    private let store: Store
    private var isClosed = false
    private let monitor = Monitor<Awaited>()
    private let end: Atomic<UInt64>
    private let ownSeqSeen: Atomic<UInt64>

    init(_ store: Store) {
        self.store = store
        end = Atomic(store.end.index)
        ownSeqSeen = Atomic(store.versionVector[store.device])
    }

    /// The device's last seq, as whoever had the turn last left it.
    var ownSeq: UInt64 { ownSeqSeen.load(ordering: .acquiring) }

    var stamp: UInt64 { end.load(ordering: .acquiring) }

    /// Waits for its turn, at most as long as a batch takes, and has it while `body` runs.
    func entered<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        enter()
        defer { leave() }
        return try body()
    }

    /// Lets others have the store while `body` runs, which must not touch it.
    func left<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        leave()
        defer { enter() }
        return try body()
    }

    /// Nobody behind the prompt gets the store any more.
    func close() { entered { isClosed = true } }

    func reading<Value>(_ body: (Store) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
        try entered { () throws(ReplicaError) in
            guard !isClosed else { throw .log(.locked(by: nil)) }
            return try body(store)
        }
    }

    func writing<Value>(_ body: (Store) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value { try reading(body) }

    private func enter() { monitor.lock() }

    private func leave() {
        end.store(store.end.index, ordering: .releasing)
        ownSeqSeen.store(store.versionVector[store.device], ordering: .releasing)
        monitor.unlock()
    }
}
