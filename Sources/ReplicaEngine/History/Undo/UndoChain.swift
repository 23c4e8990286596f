internal import EventCore

/// Which of a record's events are undone, by whomever. An undo may be undone itself, which is a redo, and so on.
///
/// Where several values stood, an undo is several events: of one device, with one context, undoing the same event. They are one act, named after the first.
struct UndoChain {
    private struct Act: Hashable {
        let device: DeviceID
        let undone: Dot
        let context: VersionVector
    }

    /// Of an undo's event the name of its act.
    private var acts: [Dot: Dot] = [:]
    private var undone: Set<Dot> = []
    /// Acts that undo an undo, and so bring something back.
    private var redoing: Set<Dot> = []

    /// - Parameter history: a record's events, causes before effects.
    init(_ history: some BidirectionalCollection<Event>) {
        var firsts: [Act: Dot] = [:]
        for event in history {
            guard let target = event.undoes else { continue }
            let act = Act(device: event.dot.device, undone: target, context: event.context)
            let first = firsts[act] ?? event.dot
            firsts[act] = first
            acts[event.dot] = first
            if let undo = acts[target], !redoing.contains(undo) { redoing.insert(first) }
        }
        // What undoes an event comes behind it: whether it counts itself is known by then.
        for event in history.reversed() {
            guard let target = event.undoes, !isUndone(event.dot) else { continue }
            undone.insert(act(of: target))
        }
    }

    /// The act that an event belongs to; its own name where it stands for itself.
    func act(of dot: Dot) -> Dot { acts[dot] ?? dot }

    /// Whether the event, or the act that it belongs to, is undone now.
    func isUndone(_ dot: Dot) -> Bool { undone.contains(act(of: dot)) }

    /// Whether an undo's event brings back what another undo took.
    func isRedo(_ dot: Dot) -> Bool { redoing.contains(act(of: dot)) }
}
