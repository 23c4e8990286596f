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

    /// Behind the answer of a write to a policy: decides what it is for, so that nobody waits for that later, and says how much of it there is.
    func decide(by key: RecordKey, in store: Store) throws {
        guard key.collection == .policies else { return }
        output.flush()
        let deciding = Progress("deciding", total: 0, unit: "conflicts", on: output)
        let counts = try store.conflictCounts(in: key.record, progress: deciding.advance(to:of:))
        deciding.end()
        guard counts.all > 0 else { return }
        let (all, collection) = (Sentences.count(counts.all, "conflict"), Arguments.text(collection: key.record))
        output.note(
            counts.open == counts.all
                ? "\(all) in \(collection), open as policies stand"
                : "\(all) in \(collection): policies decide \(counts.all - counts.open), \(counts.open) open")
    }
}
