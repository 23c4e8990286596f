internal import ArgumentParser
internal import Simulation

/// Lives of stores and worlds under seeds.
@main struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Put stores, devices and hubs through everything that goes wrong, under seeds, and hold them to what is promised.",
        discussion: """
            Exit 0: no violation. 1: a violation, with the line that repeats it; or, with --require-reached, a rare situation that no seed came to. The same seed lives \
            the same life. Example:

              simulate --seeds 1..500
            """)

    @Option(help: "What is lived: store, world or all.") var kind = "all"
    @Option(help: "One seed.") var seed: UInt64?
    @Option(help: ArgumentHelp("Seeds from A to B, both included.", valueName: "A..B")) var seeds: String?
    @Option(help: "So many minutes, from the first seed on, instead of up to the last.") var minutes: Double?
    @Flag(help: "Make a world that broke a promise smaller, and print the line that repeats it.") var shrink = false
    @Flag(help: "Fail when a rare situation was never reached.") var requireReached = false
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Steps of a store's life.") var steps = 40
    @Option(help: ArgumentHelp("Fault classes that are left out of worlds.", valueName: "class,…")) var without: String?
    @Option(help: ArgumentHelp("Operations of worlds that are done, by number.", valueName: "n,…")) var only: String?
    @Flag(help: "Print what happens in the worlds, line by line.") var trace = false

    func run() async throws {
        let (options, range) = (try options(), try range())
        if trace || range.count == 1 && options.kinds.contains(.world) { show(range.lowerBound, options) }
        let run = SimulationRun(options) { print($0) }
        let end = minutes.map { ContinuousClock.now + .milliseconds(Int64($0 * 60_000)) }
        await run.live(range, threads: threads) { end.map { ContinuousClock.now < $0 } }
        let tally = run.tally
        let missed = requireReached ? tally.missed : []
        for situation in missed { print("never reached: \(situation.rawValue)") }
        print(summary(tally))
        if tally.violations > 0 || !missed.isEmpty { throw ExitCode.failure }
    }

    /// One world, told line by line or by its number alone.
    private func show(_ seed: UInt64, _ options: SimulationRun.Options) {
        let life = WorldLife(WorldPlan(seed: seed, without: options.cut.without, only: options.cut.only), keepsTrace: trace)
        for line in life.trace { print(line) }
        let hash = String(life.traceHash, radix: 16)
        print("world \(seed): trace \(String(repeating: "0", count: 16 - hash.count))\(hash) of \(life.traceCount) lines, \(life.time) ms")
    }

    private func summary(_ tally: SimulationRun.Tally) -> String {
        var parts = ["\(tally.seeds) seeds"]
        let store = tally.store
        if kind != "world" {
            parts.append(
                "stores: \(store.steps) steps, \(store.events) events, \(store.crashes) crashes, \(store.faults) failed operations, "
                    + "\(store.checkpoints) checkpoints")
        }
        if kind != "store" {
            parts.append(
                "worlds: \(tally.worldOperations) operations, \(tally.worldEvents) events, \(tally.worldTime / 1000) s, "
                    + "\(tally.reached.count) of \(Situation.allCases.count) rare situations")
        }
        return parts.joined(separator: "; ") + ": \(tally.violations) violations"
    }

    // MARK: - Options

    private func options() throws -> SimulationRun.Options {
        var options = SimulationRun.Options()
        if kind != "all" {
            guard let one = SimulationRun.Kind(rawValue: kind) else { throw ValidationError("--kind wants store, world or all") }
            options.kinds = [one]
        }
        (options.steps, options.shrinks) = (steps, shrink)
        for name in without?.split(separator: ",") ?? [] {
            guard let faultClass = FaultClass(rawValue: String(name)) else {
                throw ValidationError("--without wants some of \(FaultClass.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            options.cut.without.insert(faultClass)
        }
        if let only {
            let numbers = only.split(separator: ",").map { Int($0) }
            guard !numbers.contains(nil) else { throw ValidationError("--only wants numbers of operations") }
            options.cut.only = Set(numbers.compactMap(\.self))
        }
        return options
    }

    private func range() throws -> ClosedRange<UInt64> {
        if let seed { return seed...seed }
        guard let seeds else { return 1...100 }
        let parts = seeds.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
        guard parts.count == 2, parts[0] <= parts[1] else { throw ValidationError("--seeds wants A..B") }
        return parts[0]...parts[1]
    }
}
