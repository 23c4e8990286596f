import Simulation
import Testing

/// The shrinker leaves out what a violation does not need, and nothing else.
struct ShrinkerTests {
    /// What breaks when partitions are there and operations 7 and 13 are done.
    private static func shrinker(_ asked: @escaping (Shrinker.Cut) -> Void = { _ in }) -> Shrinker {
        Shrinker(classes: [.delay, .loss, .partitions]) { cut in
            Array(1...40).filter { cut.only?.contains($0) ?? true }
        } fails: { cut in
            asked(cut)
            return !cut.without.contains(.partitions) && [7, 13].allSatisfy { cut.only?.contains($0) ?? true }
        }
    }

    @Test func `what is not needed is left out`() {
        let cut = Self.shrinker().shrink()
        #expect(cut == Shrinker.Cut(without: [.delay, .loss], only: [7, 13]))
        #expect(cut.command(seed: 5) == "simulate --kind world --seed 5 --without delay,loss --only 7,13")
    }

    @Test func `it takes few lives`() {
        var count = 0
        _ = Self.shrinker { _ in count += 1 }.shrink()
        #expect(count < 60)
    }

    @Test func `where everything is needed all stays`() {
        let all = Shrinker(classes: [.loss]) { _ in
            [1, 2]
        } fails: {
            $0.without.isEmpty && ($0.only ?? [1, 2]) == [1, 2]
        }
        #expect(all.shrink() == Shrinker.Cut())
        #expect(Shrinker.Cut().command(seed: 1) == "simulate --kind world --seed 1")
    }
}
