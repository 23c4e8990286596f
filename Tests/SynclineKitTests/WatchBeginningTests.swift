import EventCore
import LogStore
import ReplicaEngine
import SyncClient
import SyncCore
import Testing

/// A watch that begins while somebody writes.
@Suite(.timeLimit(.minutes(5))) struct WatchBeginningTests {
    /// A store into which somebody writes right after it was looked at for the first time.
    private final class WrittenBehind: WatchedStore {
        private let gate: StoreGate
        private let draft: Draft
        private var isWritten = false

        init(_ gate: StoreGate) throws {
            self.gate = gate
            draft = Draft(
                key: RecordKey(collection: try Name("notes"), record: try Name("trip")),
                body: try .writing(set: [FieldWrite(field: try Name("days"), value: .null)]))
        }

        var stamp: UInt64 { gate.stamp }

        func note(_ lease: DeviceLease) { gate.note(lease) }

        func reading<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
            let value = try gate.reading(body)
            guard !isWritten else { return value }
            isWritten = true
            _ = try gate.writing { (store) throws(ReplicaError) in try store.commit([draft], wall: Host.wall) }
            return value
        }

        func writing<Value>(_ body: (Replica<POSIXVolume>) throws(ReplicaError) -> Value) throws(ReplicaError) -> Value {
            try gate.writing(body)
        }
    }

    /// Found by a run of all tests that did not end: the event waited for the next one to be written.
    @Test func `what is written while it begins goes up`() async throws {
        let workspace = try await Workspace()
        let folder = try await workspace.folderOfStore("laptop")
        let acknowledged = try await Workspace.blocking { [keys = workspace.keys] in
            let store = try WrittenBehind(StoreGate(try Replica.open(in: folder, on: POSIXVolume(), access: .writing), in: folder))
            let machine = WatchMachine(folder: folder, keys: keys, store: store, clock: { Host.clock }, chance: { Host.random })
            var (acknowledged, asked) = (UInt64(0), 0)
            let watching = try Watching(machine) { news in
                if case .status(let status) = news { acknowledged = status.acknowledged }
            }
            // It asks several times a second.
            try watching.run {
                asked += 1
                return acknowledged == 1 || asked == 100
            }
            return acknowledged
        }
        #expect(acknowledged == 1)
        try await workspace.stop()
    }
}
