internal import EventCore
internal import LogStore

/// Which of a record's events are undone, by whomever. An undo may be undone itself, which is a redo, and so on.
///
/// Where several values stood, an undo is several events: of one device, one right after the other, undoing the same event, and without having seen each other. They are one act.
struct UndoChain<Storage: Volume> {
    /// From the record's newest event back.
    let past: RecordPast<Storage>
    /// What undoes that count undo.
    private var undone: Set<Dot> = []
    /// So many events have been looked at.
    private var looked = 0

    init(_ past: RecordPast<Storage>) { self.past = past }

    /// Whether the event of this number, or the act that it belongs to, is undone now.
    mutating func isUndone(_ number: Int) throws(ReplicaError) -> Bool {
        let act = try past.act(of: number)
        // What undoes an event comes behind it in the log: whether it counts itself is known by then.
        for undo in try past.undos(from: looked, to: act[0]) {
            if let target = past.row(undo).undoes, !hasUndone(try past.act(of: undo)) { undone.insert(target) }
        }
        looked = max(looked, act[0])
        return hasUndone(act)
    }

    private func hasUndone(_ act: [Int]) -> Bool { act.contains { undone.contains(past.row($0).dot) } }
}

extension RecordPast {
    /// The numbers of the events of the act that an event belongs to, oldest first; its own where it stands for itself.
    func act(of number: Int) throws(ReplicaError) -> [Int] {
        guard row(number).undoes != nil else { return [number] }
        func beside(_ number: Int, _ step: Int) -> Dot {
            let dot = row(number).dot
            return Dot(device: dot.device, seq: step < 0 ? dot.seq - 1 : dot.seq + 1)
        }
        func isOne(_ later: Int, _ earlier: Int) -> Bool { row(later).undoes == row(earlier).undoes && !covers(later, earlier) }
        var act = [number]
        while let older = try self.number(of: beside(act[0], -1)), isOne(act[0], older) { act.insert(older, at: 0) }
        while let newer = try self.number(of: beside(act[act.count - 1], 1)), isOne(newer, act[act.count - 1]) { act.append(newer) }
        return act
    }
}
