package import EventCore
internal import LogStore

/// The devices' hash chains of a store.
extension Replica {
    /// Each device's chain up to its last event, sorted by device.
    ///
    /// The first time in a process it hashes what lies behind the cache (`ChainFile`), from then on what has been added; a store that may write keeps the cache up to date.
    ///
    /// - Throws: `.log` or `.malformedBlock`.
    package func chainHeads() throws(ReplicaError) -> [ChainHead] {
        let known = chains
        var chains = known ?? Self.cachedChains(of: log, in: folder, on: volume) ?? HashChains()
        let sealed = log.sealedEnd
        var atSealedEnd = known != nil && chains.end == sealed?.position ? chains.heads : nil
        try events(after: chains.end) { dot, canonical in
            chains.add(dot, canonical: canonical)
            if chains.end == sealed?.position { atSealedEnd = chains.heads }
        }
        self.chains = chains
        if let sealed, let atSealedEnd, log.access == .writing { writeChains(atSealedEnd, sealed) }
        return chains.heads
    }

    /// Follows events that were just committed, so that nobody has to read them again: those from `position` on, in the log's order.
    package func followChains(_ events: [Event], from position: Position) {
        guard chains?.end == position else { return }
        for event in events { chains?.add(event) }
    }

    /// Where the chains of these devices stood at those seqs: for comparing with somebody who has less. A seq that is not here is left out.
    ///
    /// Hashes the log from its beginning.
    ///
    /// - Throws: `.log` or `.malformedBlock`.
    package func chainHeads(at dots: [Dot]) throws(ReplicaError) -> [ChainHead] {
        let asked = Set(dots)
        var found: [ChainHead] = []
        var chains = HashChains()
        try eventLines { lines in
            lines.forEach { dot, canonical in
                chains.add(dot, canonical: canonical)
                if asked.contains(dot) { found.append(chains.head(of: dot.device)) }
            }
            return found.count < asked.count
        }
        return found
    }

    /// Folds and hashes a store's whole log, and compares with what the cache says.
    ///
    /// - Parameter marks: events at which the chain is asked for, too.
    /// - Returns: the chains, those at the marks that are here, and whether the cache agrees; nil when there is none that could be used.
    static func rehashedChains(
        of log: EventLog<Storage>, in folder: String, on volume: Storage, noting marks: Set<Dot>, progress: (_ events: UInt64) -> Void
    ) throws(ReplicaError) -> (heads: [ChainHead], marked: [ChainHead], cacheAgrees: Bool?) {
        let cached = cachedChains(of: log, in: folder, on: volume)
        var agrees = cached.map { $0.end == Position(0) && $0.heads.isEmpty }
        var chains = HashChains()
        var marked: [ChainHead] = []
        var waiting = WaitingEvents()
        try eventLines(
            of: log,
            waiting: { (block) throws(ReplicaError) in
                try naming(block.first) { () throws(BlockError) in try waiting.add(block.header, block.bytes) }
            }
        ) { lines in
            lines.forEach { dot, canonical in
                chains.add(dot, canonical: canonical)
                if !marks.isEmpty && marks.contains(dot) { marked.append(chains.head(of: dot.device)) }
                if chains.end == cached?.end { agrees = chains.heads == cached?.heads }
            }
            progress(chains.end.index)
            return true
        }
        return (chains.heads, marked, agrees)
    }

    // MARK: - Reading

    /// Calls `body` with the name and canonical form of each event from `start` on, in order.
    private func events(after start: Position, _ body: (Dot, UnsafeRawBufferPointer) -> Void) throws(ReplicaError) {
        guard start < end else { return }
        guard let keys = try keysWorthTheirHistories(from: start) else {
            var position = Position(0)
            return try eventLines { lines in
                lines.forEach { dot, canonical in
                    if position >= start { body(dot, canonical) }
                    position = Position(position.index + 1)
                }
                return true
            }
        }
        var tail: [LoggedEvent] = []
        for key in keys { tail += try history(of: key).filter { $0.position >= start } }
        for logged in tail.sorted(by: { $0.position < $1.position }) {
            logged.event.canonicalJSON.withUnsafeBytes { body(logged.event.dot, $0) }
        }
    }

    /// The records that the events from `position` on change, where reading their histories is less work than reading the log; else nil.
    private func keysWorthTheirHistories(from position: Position) throws(ReplicaError) -> [RecordKey]? {
        let limit = end.index / Self.eventsReadLikeOneBlock
        guard end.index - position.index < limit else { return nil }
        var keys: Set<RecordKey> = []
        let cursor = try Self.blocks(of: log, from: position)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            keys.formUnion(try Self.naming(block.first) { () throws(BlockError) in try Self.keys(block.header, block.bytes) })
        }
        var work: UInt64 = 0
        for key in keys {
            work += UInt64(try eventCount(of: key))
            guard work < limit else { return nil }
        }
        return keys.sorted()
    }

    /// An event of a history costs a block, which takes about as long as so many events of the log in a row.
    private static var eventsReadLikeOneBlock: UInt64 { 50 }

    // MARK: - The cache

    private static func cachedChains(of log: EventLog<Storage>, in folder: String, on volume: Storage) -> HashChains? {
        guard let text = try? volume.wholeFile(folder + "/" + ChainFile.fileName) else { return nil }
        return ChainFile.chains(text, of: log)
    }

    /// Failing is no harm: it is a cache.
    private func writeChains(_ heads: [ChainHead], _ end: SealedEnd) {
        let path = folder + "/" + ChainFile.fileName
        _ = try? volume.replaceSharedFile(path, in: folder, with: ChainFile.text(heads, at: end, log.storeID))
    }
}
