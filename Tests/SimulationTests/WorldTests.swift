import Simulation
import Testing

/// Worlds under seeds: the same seed lives the same life, and what once broke a promise does not any more.
struct WorldTests {
    private static let seeds = Array(1...12 as ClosedRange<UInt64>)

    @Test(arguments: seeds) func `a seed's world keeps every promise, and lives the same life again`(seed: UInt64) {
        let lives = (0..<2).map { _ in WorldLife(WorldPlan(seed: seed)) }
        #expect(lives[0].violation == nil, "seed \(seed)")
        #expect(lives[0].traceHash == lives[1].traceHash && lives[0].traceCount == lives[1].traceCount, "seed \(seed)")
        #expect(lives[0].events > 0 && lives[0].time > 0, "seed \(seed)")
    }

    /// Seeds whose worlds once broke a promise, by what was wrong.
    private static let mended: [(what: String, seeds: [UInt64], without: Set<FaultClass>)] = [
        ("a hub's reader whose blocks were packed anew", [93, 193, 248, 261, 827], later),
        ("a store put back that wrote while its own events were coming", [79, 253, 295, 465], later),
        ("a journal whose last lines a power loss had torn", [2041, 2751, 5163], later),
        ("a page that was answered for an attempt that was over, while the next one's was taken in", [34632, 12954, 52336], later),
        ("a reader that alone held what its hub had lost", [41286, 20259, 28853, 45785, 47221], later),
    ]
    /// What worlds had not yet when those seeds were found; without it they live as they did.
    private static let later: Set<FaultClass> = [.blocks, .json, .standIn, .quota]

    @Test(arguments: mended) func `what once broke a promise keeps it`(case: (what: String, seeds: [UInt64], without: Set<FaultClass>)) {
        for seed in `case`.seeds {
            let life = WorldLife(WorldPlan(seed: seed, without: `case`.without))
            #expect(life.violation == nil, "\(`case`.what): seed \(seed)")
        }
    }

    @Test func `other seeds live other lives`() {
        let hashes = Set(Self.seeds.map { WorldLife(WorldPlan(seed: $0)).traceHash })
        #expect(hashes.count == Self.seeds.count)
    }

    @Test func `what is left out is not done, and the rest keeps its numbers`() throws {
        let seed: UInt64 = 3
        let whole = WorldPlan(seed: seed)
        for faultClass in whole.classes {
            let plan = WorldPlan(seed: seed, without: [faultClass])
            #expect(!plan.classes.contains(faultClass))
            let left = whole.operations.filter { $0.faultClass != faultClass }
            #expect(plan.operations.map(\.number) == left.map(\.number) && plan.operations.map(\.at) == left.map(\.at))
        }
        let some = Set(whole.operations.map(\.number).filter { $0 % 2 == 0 })
        #expect(WorldPlan(seed: seed, only: some).operations.map(\.number) == some.sorted())
    }

    @Test func `a trace has a line for each thing that is done`() {
        let plan = WorldPlan(seed: 2)
        let life = WorldLife(plan, keepsTrace: true)
        #expect(life.trace.count == life.traceCount)
        for operation in plan.operations { #expect(life.trace.contains { $0.contains("#\(operation.number) ") }, "\(operation.number)") }
        #expect(life.trace.last?.hasSuffix("end") == true)
    }
}
