package import EventCore
internal import LogStore

/// Undo and redo: ordinary events that write back what an event overwrote.
extension Replica {
    /// What undoing the event `dot`, of whatever device, would write. An event of an undo stands for that whole undo. Commit its `drafts` as they are.
    ///
    /// - Throws: `.unknownEvent`; `.nothingToUndo` where a delete had nothing to delete.
    package func undoPlan(of dot: Dot, note: Note? = nil) throws(ReplicaError) -> UndoPlan {
        guard let key = try row(of: dot)?.row.key else { throw .unknownEvent(dot) }
        let history = try history(of: key).map(\.event)
        let chain = UndoChain(history)
        let act = chain.act(of: dot)
        let undone = history.filter { chain.act(of: $0.dot) == act }
        guard let first = undone.first, let now = try Self.folded(history, key) else { throw .unknownEvent(dot) }
        let before = try Self.folded(history.filter { first.context.covers($0.dot) }, key)
        let own = Set(undone.map(\.dot))
        var origins = UndoOrigins(history, chain)
        return try UndoPlanner(undoing: undone, now: now, before: before).plan(isUndoneAlready: chain.isUndone(dot), note: note) {
            (field, version) throws(ReplicaError) in try origins.stands(version, in: field, for: own)
        }
    }

    /// What `undo` undoes when it is told nothing: this device's newest event that is neither an undo nor undone; nil when there is none.
    package func newestToUndo() throws(ReplicaError) -> Dot? {
        try newestOwn { (row, chain) throws(ReplicaError) in
            guard row.kind != .undo else { return false }
            return !(try chain()).isUndone(row.dot)
        }
    }

    /// What `redo` undoes: this device's newest undo that is not undone and took something away, not back; nil as above.
    package func newestToRedo() throws(ReplicaError) -> Dot? {
        try newestOwn { (row, chain) throws(ReplicaError) in
            guard row.kind == .undo, row.undoes != nil else { return false }
            let chain = try chain()
            return !chain.isUndone(row.dot) && !chain.isRedo(row.dot)
        }
    }

    /// This device's newest event that fits, from the newest one back as far as it takes; `chain` is its record's.
    private func newestOwn(
        _ fits: (BlockReader.Row, () throws(ReplicaError) -> UndoChain) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) -> Dot? {
        var chains: [RecordKey: UndoChain] = [:]
        var seq = table.appliedSeq(of: device)
        while seq > 0 {
            for row in try ownRows(downFrom: seq) {
                let isFound = try fits(row) { () throws(ReplicaError) in
                    if let chain = chains[row.key] { return chain }
                    let chain = UndoChain(try self.history(of: row.key).map(\.event))
                    if chains.count == Self.chainLimit { chains.removeAll() }
                    chains[row.key] = chain
                    return chain
                }
                if isFound { return row.dot }
                seq = row.dot.seq - 1
            }
        }
        return nil
    }

    /// Of so many records the chain is kept at once.
    private static var chainLimit: Int { 1000 }

    /// This device's rows in the block of its event `seq`, that one first, older ones behind.
    private func ownRows(downFrom seq: UInt64) throws(ReplicaError) -> [BlockReader.Row] {
        let dot = Dot(device: device, seq: seq)
        let block: StoredBlock?
        do throws(LogError) { block = try log.newestBlock(of: .events, holding: dot) } catch { throw .log(error) }
        guard let block else { throw .unknownEvent(dot) }
        let rows = try rows(of: block).filter { $0.dot.device == device && $0.dot.seq <= seq }
        guard rows.last?.dot == dot else { throw .malformedBlock(at: block.first) }
        return rows.reversed()
    }
}
