internal import ArgumentParser
internal import EventCore
internal import PromptLine
internal import ReplicaEngine
internal import SyncClient

/// The prompt, or a script of its lines.
struct REPLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repl", abstract: "Open the prompt: what syncline does without a command.",
        discussion: """
            On a terminal it is a prompt with history and completion. From a pipe or a file it runs the lines, and stops at the first error with its number; lines that begin \
            with # are remarks. The store is held for writing meanwhile. Examples:

              syncline
              syncline --keep-going < script
            """)

    @Flag(help: "A script goes on after an error; its exit status is that of the first one.") var keepGoing = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let session = Session(store: common.store, isJSON: common.json)
        let held = try session.holding()
        let status = try Self.run(held, isJSON: common.json, keepGoing: keepGoing)
        try held.store.close()
        guard status == 0 else { throw ExitCode(status) }
    }

    /// A prompt on an open store: on a terminal for a person, else for a script.
    static func run(_ held: Session.Held, isJSON: Bool = false, keepGoing: Bool = false) throws -> Int32 {
        guard Terminal.isInteractive else { return try Prompt(held, editor: StreamEditor(), isJSON: isJSON).run(keepsGoing: keepGoing) }
        let catalog = CommandCatalog(Prompt.commands)
        let output = Output()
        // The editor completes by what the prompt knows, and the prompt reads from the editor.
        var prompt: Prompt?
        let background = BackgroundSync(held)
        let sources: [(any NoticeSource)?] = [LockWatch(held.folder + "/lock"), background]
        let editor = try ReadlineEditor(
            history: held.folder + "/history", sources: sources.compactMap(\.self), output: output
        ) { [weak store = held.store, gate = held.gate] text, matching in
            guard let store else { return .none(at: text.utf8.count) }
            return gate.entered {
                let facts = StoreFacts(store: store, conflict: prompt?.mode.map(ConflictFacts.init))
                return Completer(catalog: catalog, words: Prompt.words, facts: facts, matching: matching).completion(of: text)
            }
        }
        let opened = Prompt(held, editor: editor, isJSON: isJSON, background: background)
        prompt = opened
        defer { prompt = nil }
        opened.welcome()
        background?.start()
        defer { background?.leave() }
        return try opened.run()
    }
}

extension ConflictFacts {
    init(_ mode: ConflictMode) {
        let letters = mode.conflict.sides.indices.map(ConflictPage.letter)
        // Where the record is at stake, all of its fields are.
        let kept = mode.conflict.isDeleteAgainstEdit ? mode.conflict.sides.flatMap(\.record.shown).map(\.field) : []
        let fields = mode.conflict.fields.map(\.field)
        self.init(
            record: Arguments.text(mode.conflict.key), sides: letters, fields: fields.map(\.text),
            kept: Set(kept).subtracting(fields).map(\.text))
    }
}
