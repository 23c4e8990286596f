/// A world from its beginning to its end, or to the promise that it broke.
package struct WorldLife: Sendable {
    package let seed: UInt64
    package let violation: Violation?
    /// Milliseconds of the world.
    package let time: UInt64
    package let traceHash: UInt64
    /// How many lines the trace has.
    package let traceCount: Int
    /// The lines, where they were asked for.
    package let trace: [String]
    package let reached: [Situation: Int]
    package let events: Int
    package let operations: Int

    package init(_ plan: WorldPlan, keepsTrace: Bool = false) {
        seed = plan.seed
        operations = plan.operations.count
        let world: World
        do { world = try World(plan, keepsTrace: keepsTrace) } catch {
            (violation, time, traceHash, traceCount, trace, reached, events) = (Self.violation(error), 0, 0, 0, [], [:], 0)
            return
        }
        var found: Violation?
        do { try world.run() } catch { found = Self.violation(error) }
        violation = found
        (time, traceHash, traceCount, trace) = (world.time, world.trace.hash, world.trace.count, world.trace.lines)
        (reached, events) = (world.reached, world.registry.count)
        world.dissolve()
    }

    /// Whatever escapes from a world is its own fault, or the product's: nobody was there to take it.
    private static func violation(_ error: any Error) -> Violation {
        error as? Violation ?? Violation(.nothingFailsAlone, "an error that nobody took: \(error)")
    }
}
