internal import EventCore
internal import ReplicaEngine

/// Files of a store that whoever asks first would make otherwise.
extension Session {
    /// Behind a command that took many events in: a checkpoint, without which every command folds what came, and of most of a store what is derived from the log.
    func settle(_ store: Store, gained: Int) throws {
        if Self.isWorthACheckpoint(gained, of: store) { try checkpoint(store) }
        try makeDerivedFiles(of: store, gained: gained)
    }

    /// To fold 50,000 events takes each command some 25 ms; a checkpoint of a million records is written in two to four seconds, which who takes in a few does not wait for.
    static func isWorthACheckpoint(_ gained: Int, of store: Store) -> Bool { gained >= 10_000 && store.eventsBehindCheckpoint > 50_000 }

    func checkpoint(_ store: Store) throws {
        let writing = Progress("writing the checkpoint", total: 0, unit: "bytes", on: output)
        if store.recordCount >= Self.largeRecordCount && store.eventsBehindCheckpoint > 0 { writing.begin() }
        try store.checkpoint(progress: writing.advance(to:of:))
        writing.end()
    }

    /// What comes before the first byte of so many records' checkpoint is written takes some fifty milliseconds.
    private static let largeRecordCount = 50_000

    /// Makes them where most of a store's events have just come in: beside that it takes little. Who takes in a few events does not wait for it.
    func makeDerivedFiles(of store: Store, gained: Int) throws {
        if Self.isMost(gained, of: store.end.index) { try makeDerivedFiles(of: store) }
    }

    static func isMost(_ gained: Int, of eventCount: UInt64) -> Bool { gained > Int(eventCount) / 2 }

    func makeDerivedFiles(of store: Store) throws {
        let counting = Progress("counting conflicts", total: 0, unit: "events", on: output)
        try store.saveConflictCount(progress: counting.advance(to:of:))
        counting.end()
        try store.saveTimes()
        try store.saveStates()
        _ = try digest(of: store)
    }

    func digest(of store: Store) throws -> [UInt8] {
        let hashing = Progress("hashing", total: store.recordCount, unit: "records", on: output)
        defer { hashing.end() }
        return try store.knownStateDigest { hashing.advance(to: $0) }
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
