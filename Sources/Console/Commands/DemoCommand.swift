internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// A minute's tour.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "A minute's tour: a hub, three devices, three conflicts, and the prompt to settle them.",
        discussion:
            "All of them are in this process, on this machine only. Without a terminal it plays the tour by itself. The stores are removed at the end unless kept. Example:\n\n  syncline demo --keep /tmp/tour"
    )

    @Option(help: ArgumentHelp("Keep the stores in this new folder.", valueName: "dir")) var keep: String?

    func run() throws {
        let output = Output()
        let folder = try folder()
        defer { if keep == nil { Machine.removeFolder(folder) } }
        let stores = try DemoStores(in: folder, wall: Machine.wall)
        defer { stores.end() }
        Machine.keepKeys(in: stores.keysFolder)
        let held = try Session(store: stores.laptop, isJSON: false).holding()
        let isPlayed = !Terminal.isInteractive
        for line in Self.introduction(stores.trouble) { output.line(line) }
        if !isPlayed { for line in advice { output.line(line) } }
        output.flush()
        let status = isPlayed ? try play(held, stores.hubURL != nil, output) : try REPLCommand.run(held)
        try held.store.close()
        if status == 0, try stores.meet() {
            output.line("The phone and the tablet have got that, too: all three hold the same records now.")
        }
        if keep != nil { for line in Self.kept(stores, folder) { output.line(line) } }
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

    /// - Parameter trouble: why there is no hub.
    private static func introduction(_ trouble: String?) -> [String] {
        let beginning = "This is a laptop's store. A phone and a tablet edited the same notes while nobody was connected;"
        guard let trouble else {
            return [beginning, "now a hub in this program has passed them on. Nothing was chosen in silence: three notes conflict."]
        }
        return [
            beginning, "now their edits are here. Nothing was chosen in silence: three notes conflict.",
            "(No hub can be reached on this machine, \(trouble): they went from store to store.)",
        ]
    }

    /// How to go on with what is kept.
    private static func kept(_ stores: DemoStores, _ folder: String) -> [String] {
        let store = "syncline --store \(folder)/\(DemoStores.devices[0])"
        guard let url = stores.hubURL, let port = url.split(separator: ":").last else { return ["kept: \(store)"] }
        return [
            "kept: SYNCLINE_KEYS=\(stores.keysFolder) \(store)",
            "its hub: syncline serve --data \(stores.hubFolder) --listen 127.0.0.1:\(port)",
        ]
    }

    private var advice: [String] {
        [
            "Try: conflicts · 1 · merge · done — a side's letter and done — b title, a* and done — undo.",
            "help says what else there is. " + (keep == nil ? "All of this is removed when you leave with Ctrl-D." : "Ctrl-D leaves."),
        ]
    }

    /// What a visitor might type; the last but one line only where there is a hub.
    static let script = [
        "conflicts", "1", "merge", "done Both changes fit together", "a", "done", "b title", "a*", "done", "conflicts", "undo", "1", "a",
        "done",
        "log notes/trip --limit 2", "sync", "quit",
    ]

    private func play(_ held: Session.Held, _ hasHub: Bool, _ output: Output) throws -> Int32 {
        var failed = false
        let editor = ScriptedEditor(Self.script.filter { hasHub || $0 != "sync" }) { line in
            output.line(line)
            output.flush()
        }
        let prompt = Prompt(held, editor: editor) { _ in failed = true }
        let status = try prompt.run()
        guard !failed else { throw ConsoleError(code: "internal", "the tour did not go as it was planned", hint: "please report this") }
        return status
    }
}
