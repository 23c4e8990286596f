internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

struct UndoOptions: ParsableArguments {
    @Flag(help: "Do it although something has been written over it since, or it is undone already.") var force = false
    @Flag(help: "Say what would be written, and write nothing.") var dryRun = false
    @Option(help: ArgumentHelp("All from this event of this device on.", valueName: "dot")) var since: String?
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
}

/// What `undo` and `redo` have in common: the plan is shown, what has moved on is asked about, the drafts are committed.
struct Undoing {
    private let session: Session
    private let options: UndoOptions

    init(_ session: Session, _ options: UndoOptions) {
        self.session = session
        self.options = options
    }

    func run(_ choose: (Store) throws -> Dot) throws {
        let note = try Arguments.note(options.note)
        let store = options.dryRun ? try session.reading() : try session.writing()
        let dot = try choose(store)
        let plan = try store.undoPlan(of: dot, note: note)
        let page = UndoPage(plan: plan) { session.name(of: $0, in: store) }
        guard !options.dryRun else {
            if session.isJSON {
                page.writeJSON(to: session.output, events: [], conflict: nil)
            } else {
                page.lines.forEach(session.output.line)
            }
            if let reason = page.reasonToAsk { session.output.note("\(reason); --force overwrites that") }
            session.output.note("\(Sentences.count(plan.drafts.count, "event")) would be written; nothing was")
            return
        }
        let end = store.end
        try confirm(plan, page)
        guard try end == store.end || store.undoPlan(of: dot, note: note) == plan else {
            throw ConsoleError(code: "moved-on", "\(Arguments.shown(plan.key)) has changed meanwhile; nothing was written")
        }
        let events = try session.writing([plan.key], in: store) { try store.commit(plan.drafts, wall: Machine.wall) }
        let conflict = try store.conflict(plan.key)
        if let conflict { store.forgetAnswers(to: [conflict]) }
        try session.close(store)
        if session.isJSON {
            page.writeJSON(to: session.output, events: events, conflict: conflict)
        } else {
            for event in events { session.report(event) }
            page.lines.forEach(session.output.note)
        }
        try session.decide(by: plan.key, in: store)
        guard let conflict, conflict.isOpen else { return }
        let fields = (conflict.isDeletionOpen ? ["delete against edit"] : []) + conflict.openFields.map { Arguments.shown($0.field.text) }
        session.output.note("in conflict: \(Arguments.shown(plan.key)), \(fields.joined(separator: ", "))")
    }

    /// What has moved on is overwritten only by somebody who knows.
    private func confirm(_ plan: UndoPlan, _ page: UndoPage) throws {
        guard !options.force, let reason = page.reasonToAsk else { return }
        let question = (page.lines + [reason, "write it nevertheless? y or n › "]).map(Printable.escaped).joined(separator: "\n")
        switch session.ask(question) {
        case true?: return
        case false?: throw ConsoleError(code: "not-confirmed", "nothing was written")
        case nil:
            throw ConsoleError(
                code: plan.isUndoneAlready ? "undone-already" : "moved-on", reason,
                hint:
                    "--dry-run shows what would be written, --force writes it; `syncline log \(Arguments.typed(plan.key))` shows what happened"
            )
        }
    }
}
