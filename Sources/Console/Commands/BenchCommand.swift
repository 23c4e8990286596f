internal import ArgumentParser

/// Measures.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this store, or a generated one.",
        discussion: """
            With --events workload W is generated among the temporary files, measured, and removed again. Megabytes and bytes an event are those of the log, for an import those of its lines. Example:

              syncline bench replay --events 1000000 --json > base.json
              syncline bench replay --events 1000000 --compare base.json
            """,
        subcommands: [
            BenchReplayCommand.self, BenchOpenCommand.self, BenchHistoryCommand.self, BenchImportCommand.self, BenchWalkCommand.self,
        ])
}
