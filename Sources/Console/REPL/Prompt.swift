internal import ArgumentParser
internal import EventCore
internal import PromptLine
internal import ReplicaEngine
internal import SyncClient

/// The prompt: lines in, commands run on the one store that is held open. Decisions are `ConflictMode`'s and `Completer`'s; this shell performs them.
final class Prompt {
    let held: Session.Held
    let editor: any LineEditor
    let isJSON: Bool
    /// What syncs behind it; nil in a script.
    let background: BackgroundSync?
    /// What is open at the moment.
    var mode: ConflictMode?
    /// The records of the conflicts as they were numbered last.
    var numbered: [RecordKey] = []
    /// Whether the list that was shown last is one of the past.
    var isNumberedThen = false
    private var lineNumber = 0
    /// Whether somebody has left with Ctrl-D instead of answering a question.
    private var isLeaving = false
    /// Told of every error, beside the person.
    private let failed: (Int32) -> Void

    var store: Store { held.store }

    static let words = ["all", "exit", "help", "quit"]
    /// Commands that have no sense while a store is held.
    private static let elsewhere = ["demo", "init", "mend", "repl", "serve"]
    /// Commands after which what ended may go on.
    private static let syncing = ["join", "push", "pull", "sync"]
    static let commands = RootCommand.configuration.subcommands

    init(
        _ held: Session.Held, editor: any LineEditor, isJSON: Bool = false, background: BackgroundSync? = nil,
        failed: @escaping (Int32) -> Void = { _ in }
    ) {
        self.background = background
        self.failed = failed
        self.held = held
        self.editor = editor
        self.isJSON = isJSON
    }

    /// Performs lines until there are no more.
    ///
    /// - Parameter keepsGoing: whether a script goes on after an error.
    /// - Returns: the exit status: 0 but for a script with an error.
    func run(keepsGoing: Bool = false) throws -> Int32 {
        var status: Int32 = 0
        while true {
            var isOver = false
            do {
                switch try editor.nextLine({ [self] in held.gate.entered { prompt } }) {
                case .end: isOver = true
                case .interrupted: break
                case .text(let text):
                    lineNumber += 1
                    isOver = try !held.gate.entered { try perform(line: text) }
                }
            } catch {
                let failure = report(error)
                if failure != 0 { failed(failure) }
                if status == 0 && !editor.isInteractive { status = failure }
                isOver = status != 0 && !keepsGoing
            }
            editor.lineIsOver()
            if isOver || isLeaving {
                leave()
                return status
            }
        }
    }

    var prompt: StyledText {
        if let mode { return mode.prompt }
        var line = StatusLine(name: store.name, conflicts: conflictCount)
        if let (hub, acknowledged) = background?.hub {
            line.hub = hub
            let own = store.versionVector[store.device]
            line.pending = Int(own - min(own, acknowledged ?? own))
        }
        return line.prompt
    }

    /// The store counts once for each of its states, whatever it holds.
    var conflictCount: Int { (try? store.openConflictCount()) ?? 0 }

    /// A session of one command.
    func session(isJSON: Bool = false) -> Session {
        let isInteractive = editor.isInteractive
        return Session(
            holding: held, isJSON: isJSON, isWatched: background != nil,
            output: Output(isJSON: isJSON, isUnwanted: { isInteractive && ReadlineEditor.isInterrupted }))
    }

    /// Asks whoever is there; nil where nobody is. The last line of the question is the prompt, what stands above it is said before.
    func ask(_ question: String) throws -> Bool? {
        guard editor.isInteractive else { return nil }
        let output = Output()
        let lines = question.split(separator: "\n").map(String.init)
        for line in lines.dropLast() { output.line(line) }
        output.flush()
        let edited = try held.gate.left { try editor.answer { StyledText(lines.last ?? "") } }
        if case .end = edited { isLeaving = true }
        guard case .text(let answer) = edited else { return false }
        return ["y", "yes"].contains(answer.trimmed.lowercased())
    }

    // MARK: - Lines

    /// - Returns: false when the prompt is to be left.
    private func perform(line: String) throws -> Bool {
        guard let first = line.trimmed.first, first != "#" else { return true }
        return try perform(try CommandWords.split(line))
    }

    private func perform(_ words: [String]) throws -> Bool {
        guard let name = words.first else { return true }
        if name == "help" {
            try help(words.dropFirst().first)
            return true
        }
        if ["quit", "exit"].contains(name) {
            guard words.count == 1 else { throw ConsoleError.usage("“\(name)” takes nothing", hint: "`\(name)` leaves the prompt") }
            return false
        }
        if name == "syncline", mode?.isSide(name) != true {
            try performPasted(Array(words.dropFirst()))
            return true
        }
        if let number = Int(name), words.count == 1 {
            try open(number: number)
            return true
        }
        if var mode, let effects = try mode.step(words) {
            // What was typed was meant for what was shown.
            guard try isShown(mode.conflict) else {
                try refresh()
                return true
            }
            self.mode = mode
            for effect in effects { try perform(effect) }
            return true
        }
        if name == "all" { try answerAll(Array(words.dropFirst())) } else { try performCommand(words) }
        return true
    }

    /// A command as another shell takes it, behind the program's name: never a word of the conflict that is open.
    private func performPasted(_ words: [String]) throws {
        guard !words.isEmpty else {
            throw ConsoleError.usage("this is the prompt that `syncline` opens", hint: "`help` lists what there is to type")
        }
        try performCommand(Program.commonOptionsLast(words))
    }

    private func performCommand(_ words: [String]) throws {
        // The prompt says that it watches by itself, or what is missing for that.
        let words = words.first == "watch" ? ["sync", "--watch"] + words.dropFirst() : words
        let isList = words.first == "conflicts" && !words.contains("--help") && !words.contains("-h")
        if isList { try list(words) } else { try runCommand(words) }
    }

    /// Runs the subcommand's own code.
    func runCommand(_ words: [String]) throws {
        let end = store.end
        guard let name = words.first, Program.isCommand(name) else { throw unknown(words[0]) }
        guard !Self.elsewhere.contains(name) else {
            throw ConsoleError.usage(
                "`\(name)` does not go together with an open store", hint: "leave with Ctrl-D first, then `syncline \(name)`")
        }
        var command = try RootCommand.parseAsRoot(words)
        if let command = command as? any SessionCommand {
            if let other = command.common.store, Machine.realPath(StoreFinder.folder(of: other)) != Machine.realPath(held.folder) {
                throw ConsoleError.usage(
                    "this prompt has \(held.folder) open", hint: "leave with Ctrl-D first, then `syncline --store \(other)`")
            }
            let session = session(isJSON: command.common.json || isJSON)
            session.ask = { [self] question in try? ask(question) }
            try session.run(command)
        } else {
            try command.run()
        }
        if end != store.end { try refresh() }
        background?.wake(afterSync: Self.syncing.contains(name))
    }

    func unknown(_ word: String) -> ConsoleError {
        if Int(word) != nil {
            return .usage("a number takes nothing: it opens that conflict", hint: "first `\(word)`, then what is chosen there")
        }
        var known = Self.commands.compactMap { $0.configuration.commandName } + Self.words
        var sentence = "there is no command “\(word)”"
        if let mode {
            known += ConflictWord.allNames
            let sides = mode.conflict.sides.map { mode.name($0.dot) }
            sentence = "“\(word)” is no command and no side; the sides are " + sides.joined(separator: ", ")
        }
        let near = NearWords.of(word, among: known).map { "`" + $0 + "`" }
        var hint = near.isEmpty ? "`help` lists what there is" : "did you mean " + near.joined(separator: " or ") + "?"
        if mode == nil && ConflictWord.allNames.contains(word) {
            hint = "it is a word inside a conflict: `conflicts` lists them, a number opens one"
        }
        return ConsoleError.usage(sentence, hint: hint)
    }

    // MARK: - Errors

    /// At the prompt commands are typed without the program's name, but for those that are another shell's.
    private static func asTypedHere(_ text: String) -> String {
        let parts = text.split(separator: "`syncline ", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(String(parts[0])) { text, rest in
            let name = String(rest.prefix { $0 != " " && $0 != "`" })
            let isTypedHere = Program.isCommand(name) && !elsewhere.contains(name) && name != "invite"
            return text + (isTypedHere ? "`" : "`syncline ") + rest
        }
    }

    /// - Returns: the exit status that the error has; 0 when it is none.
    private func report(_ error: any Error) -> Int32 {
        let place = editor.isInteractive ? nil : "line \(lineNumber)"
        switch Program.outcome(of: error) {
        case .message(let text):
            let output = session().output
            output.write(Array((text + "\n").utf8))
            output.flush()
            return 0
        case .status(let status):
            if let place, status != 0 { Output().note("syncline: \(place): exit status \(status)") }
            return status
        case .failure(let error):
            Output(isJSON: isJSON).report(
                ConsoleError(error.status, code: error.code, Self.asTypedHere(error.sentence), hint: error.hint.map(Self.asTypedHere)),
                at: place)
            return error.status.rawValue
        }
    }
}

extension String {
    /// The text without spaces and tabs around it.
    var trimmed: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let last = lastIndex(where: { !isSpace($0) }) else { return "" }
        return self[...last].drop(while: isSpace)
    }
}
