internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// Measures a full replay.
struct BenchReplayCommand: BenchmarkCommand {
    static let benchmark = "replay"
    static let configuration = CommandConfiguration(
        commandName: benchmark, abstract: "Fold the whole log from disk into records, without a checkpoint.",
        discussion: """
            The digest is that of the records that the log alone gives. Example:

              syncline bench replay --events 1000000 --json > base.json
              syncline bench replay --events 1000000 --compare base.json
            """)

    @Option(help: ArgumentHelp("How many threads replay: 1 or 2.", valueName: "n")) var threads: Int = 1
    @OptionGroup var bench: BenchOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard threads == 1 || threads == 2 else { throw ValidationError("--threads is 1 or 2") }
    }

    func words(for subject: BenchSubject) -> [String] { ["--threads", "\(threads)"] }

    func measure(_ session: Session) throws -> BenchRun {
        let folder = try session.folder()
        var (run, result) = try BenchRun.measuring { try Store.replay(in: folder, on: POSIXVolume(), threads: threads) }
        run.events = Int(result.events)
        run.bytes = result.logBytes
        run.details = [("records", result.records), ("tableBytes", result.memoryBytes)]
        if bench.withDigest {
            var options = Session.options
            options.readsCheckpoints = false
            let store = try Store.open(in: folder, on: POSIXVolume(), access: .reading, options: options)
            run.digest = Hexadecimal.text(try store.stateDigest())
        }
        return run
    }
}
