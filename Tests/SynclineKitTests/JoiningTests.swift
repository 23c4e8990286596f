import EventCore
import LogStore
import ReplicaEngine
import SyncClient
import Testing

/// A store that joins while somebody writes to it.
@Suite(.timeLimit(.minutes(5))) struct JoiningTests {
    /// The hub is told how much the device had written before it joined: a policy behind that wants a lease.
    @Test func `while a store joins it writes no policy, and all else`() throws {
        let folder = try Workspace.temporaryFolder()
        let store = try Replica.create(
            in: folder + "/laptop", on: POSIXVolume(), device: Host.newDevice(), name: "laptop", storeID: Host.newStoreID())
        let gate = StoreGate(store, in: folder + "/laptop")
        func write(_ collection: Name) throws(ReplicaError) {
            let draft = Draft(key: RecordKey(collection: collection, record: collection), body: .delete)
            _ = try gate.writing { (store) throws(ReplicaError) in try store.commit([draft], wall: Host.wall) }
        }
        let notes = try Name("notes")
        try write(.policies)
        gate.note(joining: true)
        #expect(throws: ReplicaError.self) { try write(.policies) }
        try write(notes)
        gate.note(joining: false)
        try write(.policies)
        #expect(store.versionVector[store.device] == 3)
        try store.close()
    }
}
