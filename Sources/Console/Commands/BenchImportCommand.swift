internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// Measures taking in JSON lines.
struct BenchImportCommand: BenchmarkCommand {
    static let benchmark = "import"
    static let configuration = CommandConfiguration(
        commandName: benchmark, abstract: "Take the store's events as JSON lines into an empty store, durably, as `import` does.",
        discussion: """
            The lines are exported first, which is not measured; with --keep they stay beside the store. The digest is that of the new store's records. Example:

              syncline bench import --events 1000000
            """)

    /// What the measured process imports.
    @Option(help: .hidden) var lines: String?
    @OptionGroup var bench: BenchOptions
    @OptionGroup var common: CommonOptions

    func words(for subject: BenchSubject) throws -> [String] {
        let lines = subject.scratch + "/events.jsonl"
        if !Machine.isFile(lines) { _ = try Machine.objectOfSelf(["--store", subject.store, "export", "--json", "--", lines]) }
        return ["--lines", lines]
    }

    func measure(_ session: Session) throws -> BenchRun {
        guard let lines else { throw ConsoleError.usage("a run of bench import wants --lines") }
        let folder = try Machine.temporaryFolder()
        defer { Machine.removeFolder(folder) }
        let target = StoreFinder.folder(of: folder)
        try Store.create(
            in: target, on: POSIXVolume(), device: DeviceID(high: 0, low: 2), name: "bench", storeID: StoreID(high: 0, low: 2),
            options: Session.options
        ).close()
        let command = try ImportCommand.parse(["--store", target, "--json", "--", lines])
        var (run, _) = try BenchRun.measuring { try command.run() }
        let store = try Store.open(in: target, on: POSIXVolume(), access: .reading)
        run.events = Int(store.end.index) + store.waitingCount
        run.bytes = Machine.fileBytes(lines)
        run.details = [("records", store.recordCount), ("logBytes", store.logBytes)]
        if bench.withDigest { run.digest = Hexadecimal.text(try store.stateDigest()) }
        return run
    }
}
