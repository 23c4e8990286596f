import Simulation
import Testing

struct StoreLifeTests {
    /// The second part are seeds that found something once; see Tests/README.md.
    @Test(arguments: Array(1..<13 as Range<UInt64>) + [21, 39, 139, 150, 199, 265])
    func `a store under crashes and faults is what the reference model makes of what it acknowledged`(seed: UInt64) throws {
        var life = try StoreLife(seed: seed)
        let tally = try life.run(steps: 40)
        #expect(tally.steps == 40 && tally.events > 0)
    }

    @Test func `the same seed lives the same life`() throws {
        var (one, other) = (try StoreLife(seed: 3), try StoreLife(seed: 3))
        #expect(try one.run(steps: 30) == other.run(steps: 30))
    }
}
