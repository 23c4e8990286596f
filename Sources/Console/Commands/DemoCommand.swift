internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// A minute's tour.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "A minute's tour: three devices, three conflicts, and the prompt to settle them.",
        discussion:
            "Without a terminal it plays the tour by itself. The stores are removed at the end unless kept. Example:\n\n  syncline demo --keep /tmp/tour"
    )

    @Option(help: ArgumentHelp("Keep the stores in this new folder.", valueName: "dir")) var keep: String?

    func run() throws {
        let output = Output()
        let folder = try folder()
        defer { if keep == nil { Machine.removeFolder(folder) } }
        let storeFolder = try DemoStore.make(in: folder, wall: Machine.wall)
        let held = try Session(store: storeFolder, isJSON: false).holding()
        let isPlayed = !Terminal.isInteractive
        for line in isPlayed ? Self.introduction : Self.introduction + Self.advice { output.line(line) }
        output.flush()
        let status = isPlayed ? try play(held, output) : try REPLCommand.run(held)
        try held.store.close()
        if keep != nil { output.line("kept: syncline --store \(folder)/\(DemoStore.devices[0])") }
        output.flush()
        guard status == 0 else { throw ExitCode(status) }
    }

    private func folder() throws -> String {
        guard let keep else { return try Machine.temporaryFolder() }
        guard !Machine.isFolder(keep) else {
            throw ConsoleError(code: "folder-exists", "\(keep) is there already", hint: "name a new folder")
        }
        do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(keep) } catch { throw ConsoleError(error) }
        return keep
    }

    private static let introduction = [
        "This is a laptop's store. A phone and a tablet edited the same notes while nobody was connected;",
        "now their events are here. Nothing was chosen in silence: three notes are in conflict.",
    ]

    private static let advice = [
        "Try: conflicts · 1 · merge · done — then b title, a* and done — a side's letter — undo.",
        "help says what else there is. All of this is removed when you leave with Ctrl-D.",
    ]

    /// What a visitor might type.
    static let script = [
        "conflicts", "1", "merge", "done Both changes fit together", "a", "done", "b title", "a*", "done", "conflicts", "undo", "1", "a",
        "done",
        "log notes/trip --limit 2", "quit",
    ]

    private func play(_ held: Session.Held, _ output: Output) throws -> Int32 {
        var failed = false
        let editor = ScriptedEditor(Self.script) { line in
            output.line(line)
            output.flush()
        }
        let prompt = Prompt(held, editor: editor) { _ in failed = true }
        let status = try prompt.run()
        guard !failed else { throw ConsoleError(code: "internal", "the tour did not go as it was planned", hint: "please report this") }
        return status
    }
}
