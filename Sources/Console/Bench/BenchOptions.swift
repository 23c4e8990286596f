internal import ArgumentParser
internal import Workload

/// What every benchmark takes.
struct BenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Measure workload W with so many events instead of a store.", valueName: "n")) var events: Int?
    @Option(help: ArgumentHelp("Of the generated workload, and of what is drawn from a store.", valueName: "n")) var seed: UInt64 = 42
    @Option(help: ArgumentHelp("How many devices write workload W.", valueName: "n")) var devices: Int = 8
    @Option(help: ArgumentHelp("How many fields a record of workload W may have.", valueName: "n")) var fields: Int = 8
    @Option(help: ArgumentHelp("How often, each time in a process of its own; the median counts.", valueName: "n")) var runs: Int = 5
    @Option(help: ArgumentHelp("An earlier result of --json: exit 1 when this one is slower beyond the noise of both.", valueName: "file"))
    var compare: String?
    @Option(help: ArgumentHelp("Keep the generated store in this folder, and use it when it is there already.", valueName: "dir"))
    var keep: String?
    /// Make one run in this process and print it as one line for the process that asked.
    @Flag(help: .hidden) var once = false
    /// Of one run: print the digest of its result, too.
    @Flag(help: .hidden) var withDigest = false

    func validate() throws {
        guard runs >= 1 && runs <= 1000 else { throw ValidationError("--runs is 1 to 1000") }
        guard events.map({ $0 >= 1 && $0 <= 100_000_000 }) ?? true else { throw ValidationError("--events is 1 to 100000000") }
        guard devices >= 2 && devices <= 10_000 else { throw ValidationError("--devices is 2 to 10000") }
        guard fields >= 6 && fields <= 64 else { throw ValidationError("--fields is 6 to 64") }
        guard keep == nil || events != nil else { throw ValidationError("--keep is for a generated store: it wants --events") }
        // The generator keeps a clock for each record.
        guard (events ?? 0) / 10 * devices <= 1 << 31 else { throw ValidationError("--events and --devices are too many together") }
    }

    /// What is to be generated; nil when a store is measured.
    var workload: BenchWorkload? {
        events.map { BenchWorkload(events: $0, seed: seed, options: WorkloadW.Options(devices: devices, fields: fields)) }
    }
}

/// A workload W that has a name before it is generated.
struct BenchWorkload {
    let events: Int
    let seed: UInt64
    let options: WorkloadW.Options

    /// In words that two results share when they measure the same.
    var name: String { "W: \(events) events, \(options.devices) devices, \(options.fields) fields, seed \(seed)" }

    var generator: WorkloadW { WorkloadW(events: events, seed: seed, options: options) }
}
