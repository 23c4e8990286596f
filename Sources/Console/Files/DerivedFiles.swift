internal import EventCore
internal import ReplicaEngine

/// Files of a store that whoever asks first would make otherwise.
extension Session {
    /// Makes them where most of a store's events have just come in: beside that it takes little. Who takes in a few events does not wait for it.
    func makeDerivedFiles(of store: Store, gained: Int) throws {
        if gained > Int(store.end.index) / 2 { try makeDerivedFiles(of: store) }
    }

    func makeDerivedFiles(of store: Store) throws {
        let counting = Progress("counting conflicts", total: 0, unit: "events", on: output)
        try store.saveConflictCount(progress: counting.advance(to:of:))
        counting.end()
        try store.saveTimes()
        try store.saveStates()
    }
}
