internal import Synchronization

/// Lives of many seeds, on some threads, and what they came to.
package final class SimulationRun: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// One store under crashes and disk faults.
        case store
        /// Devices and hubs.
        case world
    }

    /// What is lived.
    package struct Options: Sendable {
        package var kinds = Kind.allCases
        /// Of a store's life.
        package var steps = 40
        package var cut = Shrinker.Cut()
        /// Whether a world that broke a promise is made smaller.
        package var shrinks = false

        package init() {}
    }

    /// What came of it so far.
    package struct Tally: Sendable {
        package var seeds = 0
        package var violations = 0
        package var store = StoreLife.Tally()
        package var worlds = 0
        package var worldEvents = 0
        package var worldOperations = 0
        /// Milliseconds of the worlds together.
        package var worldTime: UInt64 = 0
        package var reached: [Situation: Int] = [:]

        /// The rare situations that no world came to.
        package var missed: [Situation] { Situation.allCases.filter { reached[$0] == nil } }
    }

    private let options: Options
    private let tallied = Mutex(Tally())
    /// Told of each violation, in a few lines.
    private let tell: @Sendable (String) -> Void

    package init(_ options: Options, tell: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.tell = tell
    }

    package var tally: Tally { tallied.withLock { $0 } }

    /// Lives the seeds of a range, on some threads, or from its first one on for as long as `goesOn` says true; nil leaves it to the range.
    package func live(_ range: ClosedRange<UInt64>, threads: Int, while goesOn: @escaping @Sendable () -> Bool?) async {
        let next = SeedQueue(from: range.lowerBound)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, threads) {
                group.addTask { [self] in
                    while case let seed = next.take(), goesOn() ?? (seed <= range.upperBound) { live(seed) }
                }
            }
        }
    }

    private final class SeedQueue: Sendable {
        private let next: Atomic<UInt64>

        init(from first: UInt64) { next = Atomic(first) }

        func take() -> UInt64 { next.add(1, ordering: .relaxed).oldValue }
    }

    /// Lives one seed.
    package func live(_ seed: UInt64) {
        if options.kinds.contains(.store) { liveStore(seed) }
        if options.kinds.contains(.world) { liveWorld(seed) }
        tallied.withLock { $0.seeds += 1 }
    }

    private func liveStore(_ seed: UInt64) {
        do {
            var life = try StoreLife(seed: seed)
            let lived = try life.run(steps: options.steps)
            tallied.withLock { $0.store.add(lived) }
        } catch {
            tallied.withLock { $0.violations += 1 }
            tell("violation: \(error)\n  repeat: simulate --kind store --seed \(seed) --steps \(options.steps)")
        }
    }

    private func liveWorld(_ seed: UInt64) {
        let life = WorldLife(WorldPlan(seed: seed, without: options.cut.without, only: options.cut.only))
        tallied.withLock { tally in
            tally.worlds += 1
            tally.worldEvents += life.events
            tally.worldOperations += life.operations
            tally.worldTime += life.time
            tally.reached.merge(life.reached, uniquingKeysWith: +)
            if life.violation != nil { tally.violations += 1 }
        }
        guard let violation = life.violation else { return }
        let cut = options.shrinks ? Shrinker(seed: seed, breaking: violation.promise).shrink() : options.cut
        tell("violation: world \(seed), at \(life.time) ms: \(violation)\n  repeat: \(cut.command(seed: seed))")
    }
}
