internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Takes an event back.
struct UndoCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take an event back: write back what it overwrote.",
        discussion: """
            Without DOT this device's newest event that is neither an undo nor undone; with one, that event, of whatever device. With --since all edits and resolutions of this device from that event on, of each record the newest first; undos stay, and what has moved on since: so a whole `resolve --all` is taken back. Taking a resolution back opens the conflict again. Prints the dots of what it wrote. Examples:

              syncline undo
              syncline undo laptop:12 --dry-run
              syncline undo --since laptop:12
            """)

    @Argument(help: ArgumentHelp("The event, device:seq.", valueName: "dot")) var dot: String?
    @OptionGroup var options: UndoOptions
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        if let since = options.since {
            guard dot == nil else {
                throw ConsoleError.usage("an event and --since are two ways to say what is undone", hint: "give one of them")
            }
            return try UndoingMany(session, options, .undo).run(since: since)
        }
        try Undoing(session, options).run { store in
            if let dot { return try session.dot(dot, in: store) }
            if let dot = try store.newestToUndo() { return dot }
            throw ConsoleError(
                code: "nothing-to-undo", "this device has written nothing that is not undone",
                hint: "another device's event is undone by its name: `syncline log` shows them")
        }
    }
}

/// Takes an undo back.
struct RedoCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "redo", abstract: "Take this device's last undo back, then the one before it, and so on.",
        discussion:
            "An undo that was taken back already is passed over. With --since all undos that this device has written from that event on. Example:\n\n  syncline undo && syncline redo"
    )

    @OptionGroup var options: UndoOptions
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        if let since = options.since { return try UndoingMany(session, options, .redo).run(since: since) }
        try Undoing(session, options).run { store in
            if let dot = try store.newestToRedo() { return dot }
            throw ConsoleError(code: "nothing-to-redo", "this device has undone nothing that is not redone")
        }
    }
}
