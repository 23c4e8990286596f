internal import ArgumentParser
internal import Simulation

/// Lives of one store under seeds.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Put stores through crashes and disk faults under seeds, and hold them to the reference model.",
        discussion: "Exit 0: no violation. 1: a violation, with its seed. Example:\n\n  simulate --seeds 1..500")

    @Option(help: "One seed.") var seed: UInt64?
    @Option(help: ArgumentHelp("Seeds from A to B, both included.", valueName: "A..B")) var seeds: String?
    @Option(help: "Steps of a life.") var steps: Int = 40

    func run() throws {
        var total = StoreLife.Tally()
        var count = 0
        var violations = 0
        for seed in try range() {
            count += 1
            do {
                var life = try StoreLife(seed: seed)
                let tally = try life.run(steps: steps)
                total.steps += tally.steps
                total.crashes += tally.crashes
                total.faults += tally.faults
                total.checkpoints += tally.checkpoints
                total.events += tally.events
            } catch let violation as StoreLife.Violation {
                violations += 1
                print("violation: \(violation)\n  repeat: simulate --seed \(seed) --steps \(steps)")
            }
        }
        print(
            "\(count) seeds, \(total.steps) steps, \(total.events) events, \(total.crashes) crashes, \(total.faults) failed operations, "
                + "\(total.checkpoints) checkpoints: \(violations) violations")
        if violations > 0 { throw ExitCode.failure }
    }

    private func range() throws -> ClosedRange<UInt64> {
        if let seed { return seed...seed }
        guard let seeds else { return 1...100 }
        let parts = seeds.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
        guard parts.count == 2, parts[0] <= parts[1] else { throw ValidationError("--seeds wants A..B") }
        return parts[0]...parts[1]
    }
}

Simulate.main()
