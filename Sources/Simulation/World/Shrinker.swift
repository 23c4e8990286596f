/// Makes a world that breaks a promise smaller, as long as it breaks the same one: fault classes are left out first, then operations.
package struct Shrinker {
    /// What is left out of a seed's world.
    package struct Cut: Sendable, Hashable {
        package var without: Set<FaultClass> = []
        /// The operations that are done; nil for all.
        package var only: Set<Int>?

        package init(without: Set<FaultClass> = [], only: Set<Int>? = nil) {
            self.without = without
            self.only = only
        }

        /// What repeats it.
        package func command(seed: UInt64) -> String {
            var words = ["simulate --kind world --seed \(seed)"]
            if !without.isEmpty { words.append("--without \(without.map(\.rawValue).sorted().joined(separator: ","))") }
            if let only { words.append("--only \(only.sorted().map(String.init).joined(separator: ","))") }
            return words.joined(separator: " ")
        }
    }

    private let classes: [FaultClass]
    private let operations: (Cut) -> [Int]
    private let fails: (Cut) -> Bool

    /// - Parameters:
    ///   - classes: those of the world.
    ///   - operations: the numbers of what is done in it when this is left out.
    ///   - fails: whether the promise is still broken.
    package init(classes: [FaultClass], operations: @escaping (Cut) -> [Int], fails: @escaping (Cut) -> Bool) {
        (self.classes, self.operations, self.fails) = (classes, operations, fails)
    }

    /// For a seed that broke a promise.
    package init(seed: UInt64, breaking promise: Promise) {
        self.init(classes: WorldPlan(seed: seed).classes.sorted { $0.rawValue < $1.rawValue }) { cut in
            WorldPlan(seed: seed, without: cut.without, only: cut.only).operations.map(\.number)
        } fails: { cut in
            WorldLife(WorldPlan(seed: seed, without: cut.without, only: cut.only)).violation?.promise == promise
        }
    }

    /// The smallest that was found; the whole again when nothing can be left out.
    package func shrink() -> Cut {
        var cut = Cut()
        for faultClass in classes {
            let smaller = Cut(without: cut.without.union([faultClass]))
            if fails(smaller) { cut = smaller }
        }
        var kept = operations(cut)
        var size = max(1, kept.count / 2)
        // A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), complements alone.
        while !kept.isEmpty {
            var start = 0
            var isSmaller = false
            while start < kept.count {
                let rest = Array(kept[..<start] + kept[min(kept.count, start + size)...])
                let smaller = Cut(without: cut.without, only: Set(rest))
                if fails(smaller) { (cut, kept, isSmaller) = (smaller, rest, true) } else { start += size }
            }
            if size == 1 && !isSmaller { break }
            size = max(1, size / 2)
        }
        return cut
    }
}
