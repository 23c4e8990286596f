internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Workload

/// Measures how long it takes until a store answers.
struct BenchOpenCommand: BenchmarkCommand {
    static let benchmark = "open"
    static let configuration = CommandConfiguration(
        commandName: benchmark, abstract: "Open the store by its checkpoint and read a record; also as a whole process.",
        discussion: """
            A run opens the store once in its process and reads a record that was drawn from the log; then it runs `get` a few times as a process of its own. A generated store has its checkpoint at its end. Example:

              syncline bench open --events 1000000
            """)

    @Flag(help: "Open without a checkpoint: the whole log is folded.") var noCheckpoint = false
    /// What the measured process reads.
    @Option(help: .hidden) var record: String?
    @OptionGroup var bench: BenchOptions
    @OptionGroup var common: CommonOptions

    func words(for subject: BenchSubject) throws -> [String] {
        ["--record", Arguments.text(try drawn(from: subject.store))] + (noCheckpoint ? ["--no-checkpoint"] : [])
    }

    func measure(_ session: Session) throws -> BenchRun {
        guard let record else { throw ConsoleError.usage("a run of bench open wants --record") }
        let key = try Arguments.record(record)
        let folder = try session.folder()
        var options = Session.options
        options.readsCheckpoints = !noCheckpoint
        var (run, store) = try BenchRun.measuring {
            let store = try Store.open(in: folder, on: POSIXVolume(), access: .reading, options: options)
            guard try store.record(key) != nil else { throw ConsoleError(noRecord: key) }
            return store
        }
        run.events = Int(store.end.index)
        run.bytes = store.logBytes
        run.details = [("records", store.recordCount), ("foldedAtOpening", Int(store.foldedAtOpening))]
        if !noCheckpoint { run.latencies = [("get", try Self.gets(of: record, in: folder))] }
        if bench.withDigest { run.digest = Hexadecimal.text(try store.stateDigest()) }
        return run
    }

    /// The record that is changed by an event drawn from the log.
    private func drawn(from folder: String) throws -> RecordKey {
        let store = try Store.open(in: folder, on: POSIXVolume(), access: .reading)
        var random = SeededRandom(seed: bench.seed)
        guard store.end.index > 0, let key = try store.key(at: Position(UInt64(random.below(Int(store.end.index))))) else {
            throw ConsoleError(code: "empty-store", "the store has no events to measure", hint: "measure a generated one with --events")
        }
        return key
    }

    /// Nanoseconds of whole processes that show the record.
    private static func gets(of record: String, in folder: String) throws -> [UInt64] {
        try (0..<getsPerRun).map { _ in
            let start = Machine.monotonicSeconds
            _ = try Machine.objectOfSelf(["--store", folder, "get", "--json", "--", record])
            return UInt64((Machine.monotonicSeconds - start) * 1e9)
        }
    }

    private static let getsPerRun = 4
}
