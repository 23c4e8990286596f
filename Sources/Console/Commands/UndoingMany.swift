internal import EventCore
internal import ReplicaEngine

/// `undo --since` and `redo --since`: what this device has written from one of its events on is taken back, newest first. What has moved on since stays as it is, and is named.
struct UndoingMany {
    enum Direction { case undo, redo }

    /// An event that is to be taken back.
    private typealias Act = (dot: Dot, key: RecordKey)

    /// What came of one event.
    private enum Outcome {
        case planned(UndoPlan)
        /// It stays as it is, with these others that are one undo.
        case left([Dot])
    }

    private let session: Session
    private let options: UndoOptions
    private let direction: Direction

    /// So many events that stay as they are are named.
    private static let leftLimit = 12

    init(_ session: Session, _ options: UndoOptions, _ direction: Direction) {
        self.session = session
        self.options = options
        self.direction = direction
    }

    func run(since text: String) throws {
        let note = try Arguments.note(options.note)
        let store = options.dryRun ? try session.reading() : try session.writing()
        var rest = try acts(since: try first(text, in: store), in: store)
        guard !rest.isEmpty else { throw nothing(since: text, in: store) }
        let progress = Progress(direction == .undo ? "undoing" : "redoing", total: rest.count, unit: "events", on: session.output)
        defer { progress.end() }
        var (undone, left) = (0, 0)
        let count = rest.count
        // Of each record one event at a time: what the next one would write depends on it.
        while !rest.isEmpty {
            var (keys, plans, later): (Set<RecordKey>, [UndoPlan], [Act]) = ([], [], [])
            // Several events of one undo are taken back together.
            var together: Set<Dot> = []
            for act in rest {
                try checkWanted(undone)
                guard keys.insert(act.key).inserted else {
                    later.append(act)
                    continue
                }
                switch try outcome(of: act, note, left, in: store, progress) {
                case .planned(let plan):
                    plans.append(plan)
                    together.formUnion(plan.undone.map(\.dot))
                case .left(let dots):
                    left += 1
                    together.formUnion(dots)
                }
                progress.advance(to: min(count, count - rest.count + keys.count))
            }
            rest = later.filter { !together.contains($0.dot) }
            if options.dryRun { return preview(plans, left: left, later: rest.count, in: store) }
            try write(plans, to: store, progress)
            undone += plans.count
        }
        progress.end()
        try session.close(store)
        try tell(undone, left)
    }

    // MARK: - What is meant

    private func first(_ text: String, in store: Store) throws -> UInt64 {
        let dot = try session.dot(text, in: store)
        guard dot.device == store.device else {
            throw ConsoleError.usage(
                "“\(text)” is not an event of this device",
                hint: "--since takes back what was written here; another device's event is undone by its name")
        }
        guard dot.seq <= store.versionVector[dot.device] else { throw ReplicaError.unknownEvent(dot) }
        return dot.seq
    }

    private func acts(since seq: UInt64, in store: Store) throws -> [Act] {
        direction == .undo ? try store.eventsToUndo(since: seq) : try store.eventsToRedo(since: seq)
    }

    private func nothing(since text: String, in store: Store) -> ConsoleError {
        let text = Printable.escaped(text)
        guard direction == .undo else {
            return ConsoleError(code: "nothing-to-redo", "this device has undone nothing since \(text) that is not redone")
        }
        let name = Arguments.typed(store.names.label(of: store.device, besides: SideNames.words))
        return ConsoleError(
            code: "nothing-to-undo", "this device has written nothing since \(text) that is neither an undo nor undone already",
            hint: "`syncline log --device \(name)` shows what it has written")
    }

    private func checkWanted(_ undone: Int) throws {
        guard session.output.isUnwanted() else { return }
        let written = undone == 0 ? "nothing was written" : "\(Sentences.count(undone, "event")) undone by then"
        throw ConsoleError(code: "interrupted", "ended on the way; \(written)")
    }

    private func outcome(of act: Act, _ note: Note?, _ left: Int, in store: Store, _ progress: Progress) throws -> Outcome {
        func stays(_ reason: String, _ dots: [Dot]) -> Outcome {
            guard left < Self.leftLimit else { return .left(dots) }
            progress.end()
            session.output.note("left as it is: \(reason)")
            return .left(dots)
        }
        let plan: UndoPlan
        do throws(ReplicaError) { plan = try store.undoPlan(of: act.dot, note: note) } catch {
            guard case .nothingToUndo = error else { throw error }
            return stays("\(Arguments.shown(act.key)), \(ConsoleError(error).sentence)", [act.dot])
        }
        guard !options.force, let reason = page(plan, store).reasonToAsk else { return .planned(plan) }
        return stays(reason, plan.undone.map(\.dot))
    }

    // MARK: - What is done

    /// One commit.
    private func write(_ plans: [UndoPlan], to store: Store, _ progress: Progress) throws {
        guard !plans.isEmpty else { return }
        let drafts = plans.flatMap(\.drafts)
        let events = try session.writing(plans.map(\.key), in: store) { try store.commit(drafts, wall: Machine.wall) }
        if !session.isJSON && session.names(events.count) {
            progress.end()
            events.forEach(session.report)
            session.output.flush()
        }
        var (rest, conflicts) = (events[...], [Conflict]())
        for plan in plans {
            let own = Array(rest.prefix(plan.drafts.count))
            rest = rest.dropFirst(plan.drafts.count)
            let conflict = try store.conflict(plan.key)
            if let conflict { conflicts.append(conflict) }
            if session.isJSON { page(plan, store).writeJSON(to: session.output, events: own, conflict: conflict) }
        }
        store.forgetAnswers(to: conflicts)
        for key in plans.map(\.key) { try session.decide(by: key, in: store) }
    }

    private func preview(_ plans: [UndoPlan], left: Int, later: Int, in store: Store) {
        for plan in plans {
            if session.isJSON {
                page(plan, store).writeJSON(to: session.output, events: [], conflict: nil)
            } else {
                page(plan, store).lines.forEach(session.output.line)
            }
        }
        let before = later > 0 ? ", then \(later) before them in the same records" : ""
        session.output.note("\(plans.count) would be \(word)\(staying(left))\(before); nothing was written")
    }

    private func tell(_ undone: Int, _ left: Int) throws {
        if left > Self.leftLimit { session.output.note("… and \(left - Self.leftLimit) more") }
        guard undone > 0 || left == 0 else {
            let what = left == 1 ? "it has" : "all \(left) have"
            throw ConsoleError(code: "moved-on", "nothing was \(word): \(what) moved on since", hint: "--force overwrites that")
        }
        session.output.note("\(Sentences.count(undone, "event")) \(word)\(staying(left))")
    }

    private var word: String { direction == .undo ? "undone" : "redone" }

    private func staying(_ left: Int) -> String {
        left > 0 ? ", \(left) left as \(left == 1 ? "it is" : "they are") (--force overwrites)" : ""
    }

    private func page(_ plan: UndoPlan, _ store: Store) -> UndoPage { UndoPage(plan: plan) { session.name(of: $0, in: store) } }
}
