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
        try newestOwn(downTo: 1, most: 1, isToUndo).first?.dot
    }

    /// All such events from this device's event `seq` on, newest first.
    package func eventsToUndo(since seq: UInt64) throws(ReplicaError) -> [(dot: Dot, key: RecordKey)] {
        try newestOwn(downTo: seq, most: .max, isToUndo)
    }

    /// What `redo` undoes: this device's newest undo that is not undone and took something away, not back; nil when there is none.
    package func newestToRedo() throws(ReplicaError) -> Dot? {
        try newestOwn(downTo: 1, most: 1, isToRedo).first?.dot
    }

    /// All such undos from this device's event `seq` on, newest first; each of an undo's events is named.
    package func eventsToRedo(since seq: UInt64) throws(ReplicaError) -> [(dot: Dot, key: RecordKey)] {
        try newestOwn(downTo: seq, most: .max, isToRedo)
    }

    private func isToUndo(_ row: BlockReader.Row, _ isUndone: () throws(ReplicaError) -> Bool) throws(ReplicaError) -> Bool {
        if row.kind == .undo { return false }
        return try !isUndone()
    }

    private func isToRedo(_ row: BlockReader.Row, _ isUndone: () throws(ReplicaError) -> Bool) throws(ReplicaError) -> Bool {
        guard row.kind == .undo, row.undoes != nil, try !isRedo(row) else { return false }
        return try !isUndone()
    }

    /// Whether an undo brings back what another one took: whether it undoes an undo that does not.
    private func isRedo(_ row: BlockReader.Row) throws(ReplicaError) -> Bool {
        guard let undoes = row.undoes, let target = try self.row(of: undoes)?.row, target.key == row.key, target.undoes != nil,
            row.covers(target.dot)
        else { return false }
        return try !isRedo(target)
    }

    /// This device's newest events that fit, from the newest one back until there are `most` of them, or to its event `first`.
    private func newestOwn(
        downTo first: UInt64, most: Int,
        _ fits: (BlockReader.Row, _ isUndone: () throws(ReplicaError) -> Bool) throws(ReplicaError) -> Bool
    ) throws(ReplicaError) -> [(dot: Dot, key: RecordKey)] {
        var found: [(dot: Dot, key: RecordKey)] = []
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
        while seq >= max(1, first) && found.count < most {
            for row in try ownRows(downFrom: seq) where row.dot.seq >= first && found.count < most {
                if try fits(row, { () throws(ReplicaError) in try isUndone(row) }) { found.append((row.dot, row.key)) }
                seq = row.dot.seq - 1
            }
        }
        return found
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
