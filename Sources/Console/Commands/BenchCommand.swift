internal import ArgumentParser
internal import EventCore
internal import Glibc
internal import LogStore
internal import ReplicaEngine
internal import Workload

/// Measures.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this store, or a generated one.",
        discussion: "Example:\n\n  syncline bench replay --events 1000000",
        subcommands: [BenchReplayCommand.self, BenchAppendCommand.self])
}

/// Measures a full replay.
struct BenchReplayCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Fold the whole log from disk into records, without a checkpoint.",
        discussion: """
            With --events a store with workload W is generated among the temporary files and removed again; each run reads its closed log in a process of its own. Example:

              syncline bench replay --events 1000000 --json > base.json
              syncline bench replay --events 1000000 --compare base.json
            """)

    @Option(help: ArgumentHelp("Generate workload W with so many events.", valueName: "n")) var events: Int?
    @Option(help: ArgumentHelp("Of the generated workload.", valueName: "n")) var seed: UInt64 = 42
    @Option(help: ArgumentHelp("How often; the median counts.", valueName: "n")) var runs: Int = 5
    @Option(help: ArgumentHelp("An earlier result of --json: exit 1 when this one is slower beyond the noise of both.", valueName: "file"))
    var compare: String?
    @Option(help: ArgumentHelp("How many threads replay; one so far.", valueName: "n")) var threads: Int = 1
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard threads == 1 else { throw ValidationError("--threads is 1: a replay has one thread so far") }
        guard runs >= 1 && runs <= 1000 else { throw ValidationError("--runs is 1 to 1000") }
        guard events.map({ $0 >= 1 && $0 <= 100_000_000 }) ?? true else { throw ValidationError("--events is 1 to 100000000") }
    }

    func run(_ session: Session) throws {
        guard let events else {
            try measure(session)
            return
        }
        let folder = try Machine.temporaryFolder()
        defer { Machine.removeFolder(folder) }
        try generate(events, in: folder, session)
        session.output.flush()
        var words = ["--store", folder, "bench", "replay", "--runs", "\(runs)"]
        if common.json { words.append("--json") }
        if let compare { words += ["--compare", compare] }
        let status = try Machine.runSelf(words)
        guard status == 0 else { throw ExitCode(status) }
    }

    private func generate(_ count: Int, in folder: String, _ session: Session) throws {
        let store = try Store.create(
            in: StoreFinder.folder(of: folder), on: POSIXVolume(), device: DeviceID(high: 0, low: 1), name: "bench",
            storeID: StoreID(high: 0, low: seed), options: Session.options)
        let progress = Progress("generating", total: count, on: session.output)
        var workload = WorkloadW(events: count, seed: seed)
        var batch: [Event] = []
        while let event = workload.next() {
            batch.append(event)
            if batch.count == Self.batchEvents {
                _ = try store.ingest(batch)
                batch.removeAll(keepingCapacity: true)
                progress.advance(to: Int(store.end.index))
            }
        }
        _ = try store.ingest(batch)
        try store.checkpoint()
        try store.close()
        progress.end()
    }

    private static let batchEvents = 50_000

    private func measure(_ session: Session) throws {
        let folder = try session.folder()
        var seconds: [Double] = []
        var last: ReplayResult?
        for _ in 0..<runs {
            let start = Machine.monotonicSeconds
            last = try Store.replay(in: folder, on: POSIXVolume())
            seconds.append(Machine.monotonicSeconds - start)
        }
        guard let last else { preconditionFailure("there was a run") }
        let peak = Machine.peakMemoryBytes
        let digest = Hexadecimal.text(try session.reading().stateDigest())
        let result = ReplayMeasure(result: last, seconds: seconds.sorted(), peakMemoryBytes: peak, digest: digest)
        if session.isJSON { result.writeJSON(to: session.output) } else { result.writeText(to: session.output) }
        session.output.flush()
        if let compare { try result.compare(with: compare, session.output) }
    }
}
