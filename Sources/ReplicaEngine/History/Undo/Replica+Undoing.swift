package import EventCore
internal import LogStore

/// Undo and redo: ordinary events that write back what an event overwrote.
extension Replica {
    /// What undoing the event `dot`, of whatever device, would write. An event of an undo stands for that whole undo. Commit its `drafts` as they are.
    ///
    /// - Throws: `.unknownEvent`; `.nothingToUndo` where a delete had nothing to delete.
    package func undoPlan(of dot: Dot, note: Note? = nil) throws(ReplicaError) -> UndoPlan {
        guard let key = try row(of: dot)?.row.key, let past = try RecordPast(self, key), let number = try past.number(of: dot),
            let now = try recordWithoutTimes(key)
        else { throw .unknownEvent(dot) }
        let act = try past.act(of: number)
        var undone: [Event] = []
        for number in act { undone.append(try past.event(number)) }
        let own = Set(undone.map(\.dot))
        let before = try past.record(.seenBy([act[0]]))
        var chain = UndoChain(past)
        let isUndoneAlready = try chain.isUndone(number)
        let origins = UndoOrigins(past: past)
        var sides: [Event] = []
        if let before { sides = try ConflictBuilder(record: before, past: past, policies: try policies(of: key.collection)).wholeSides() }
        return try UndoPlanner(undoing: undone, now: now, before: before, sides: sides).plan(isUndoneAlready: isUndoneAlready, note: note) {
            (field, version) throws(ReplicaError) in
            // What another undo brought back of what will be there again is not lost either.
            let held =
                if let field { before?.fields.first { $0.field == field }?.versions.map(\.dot) ?? [] } else { before?.tombstones ?? [] }
            return try origins.stands(version, in: field, for: own.union(held))
        }
    }

    /// What `undo` undoes when it is told nothing: this device's newest event that is neither an undo nor undone; nil when there is none.
    package func newestToUndo() throws(ReplicaError) -> Dot? {
        try newestOwn { (row, isUndone) throws(ReplicaError) in
            if row.kind == .undo { return false }
            return try !isUndone()
        }
    }

    /// What `redo` undoes: this device's newest undo that is not undone and took something away, not back; nil when there is none.
    package func newestToRedo() throws(ReplicaError) -> Dot? {
        try newestOwn { (row, isUndone) throws(ReplicaError) in
            guard row.kind == .undo, row.undoes != nil, try !self.isRedo(row) else { return false }
            return try !isUndone()
        }
    }

    /// Whether an undo brings back what another one took: whether it undoes an undo that does not.
    private func isRedo(_ row: BlockReader.Row) throws(ReplicaError) -> Bool {
        guard let undoes = row.undoes, let target = try self.row(of: undoes)?.row, target.key == row.key, target.undoes != nil,
            row.covers(target.dot)
        else { return false }
        return try !isRedo(target)
    }

    /// This device's newest event that fits, from the newest one back as far as it takes.
    private func newestOwn(
        _ fits: (BlockReader.Row, _ isUndone: () throws(ReplicaError) -> Bool) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) -> Dot? {
        var chains: [RecordKey: UndoChain<Storage>] = [:]
        func isUndone(_ row: BlockReader.Row) throws(ReplicaError) -> Bool {
            var known = chains[row.key]
            if known == nil { known = try RecordPast(self, row.key).map(UndoChain.init) }
            guard var chain = known, let number = try chain.past.number(of: row.dot) else { throw .unknownEvent(row.dot) }
            let isUndone = try chain.isUndone(number)
            if chains.count >= Self.chainLimit { chains.removeAll() }
            chains[row.key] = chain
            return isUndone
        }
        var seq = table.appliedSeq(of: device)
        while seq > 0 {
            for row in try ownRows(downFrom: seq) {
                if try fits(row, { () throws(ReplicaError) in try isUndone(row) }) { return row.dot }
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
        guard let block = try block(covering: dot) else { throw .unknownEvent(dot) }
        let rows = try rows(of: block).filter { $0.dot.device == device && $0.dot.seq <= seq }
        guard rows.last?.dot == dot else { throw .malformedBlock(at: block.first) }
        return rows.reversed()
    }
}
