import EventCore
import Testing
import Workload

/// Laws of the merge by line. That its texts are those of other programs is held by `BlackBox/test_merging.py`.
struct TextMergeTests {
    @Test(arguments: 0..<200 as Range<UInt64>) func `the order of sides plays no part, and a side that changed nothing changes nothing`(
        seed: UInt64
    ) {
        var random = SeededRandom(seed: seed)
        let base = Self.text(&random)
        let sides = (0..<(2 + random.below(3))).map { _ in random.chance(1, in: 4) ? base : Self.edited(base, &random) }
        let merge = TextMerge(base: base, sides: sides)
        #expect(TextMerge(base: base, sides: sides.shuffled(using: &random)).merged == merge.merged, "seed \(seed)")
        #expect(TextMerge(base: base, sides: sides + [base]).merged == merge.merged, "seed \(seed)")
        #expect(TextMerge(base: base, sides: sides + [sides[0]]).merged == merge.merged, "seed \(seed)")
        #expect(TextMerge(base: base, sides: [sides[0]]).merged == sides[0], "seed \(seed)")
        #expect(TextMerge(base: base, sides: [sides[0], sides[0]]).merged == sides[0], "seed \(seed)")
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `what is merged has the changes of both, and only what both changed is a conflict`(
        seed: UInt64
    ) {
        var random = SeededRandom(seed: seed)
        let base = Self.text(&random)
        let sides = (0..<2).map { _ in Self.edited(base, &random) }
        let merge = TextMerge(base: base, sides: sides)
        // What is merged has both sides' changes: to merge one of them once more changes nothing. Where lines repeat they may be paired in another way.
        if let merged = merge.merged, Self.hasDistinctLines(base + sides.joined()) {
            #expect(TextMerge(base: base, sides: [merged, sides[0]]).merged == merged, "seed \(seed)")
        }
        for chunk in merge.chunks {
            guard case .conflict(let before, let after) = chunk else { continue }
            #expect(after.count == 2 && after[0] != after[1] && after[0] != before && after[1] != before, "seed \(seed)")
        }
    }

    @Test func `what was changed far apart merges, what touches does not`() {
        func merged(_ base: String, _ sides: String...) -> String? {
            TextMerge(base: Array(base.utf8), sides: sides.map { Array($0.utf8) }).merged.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(merged("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n") == "A\nb\nC\n")
        #expect(merged("a\nb\n", "A\nb\n", "a\nB\n") == nil)
        #expect(merged("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n", "a\nb\nc\nd\nE\n") == "A\nb\nC\nd\nE\n")
        #expect(merged("a\nb\nc\n", "a\nx\nc\n", "a\nx\nc\n", "a\nb\nc\nd\n") == "a\nx\nc\nd\n")
        #expect(merged("", "a\n", "b\n") == nil && merged("", "", "b\n") == "b\n" && merged("a", "", "a") == "")
        // The last line's end belongs to it.
        #expect(merged("a\nb\nc", "a\nb\nc\n", "A\nb\nc") == "A\nb\nc\n")
    }

    /// Lines that all have, in orders that share next to nothing: what the bound on the search is for.
    @Test func `texts with nothing in common but their lines are merged, too`() {
        var random = SeededRandom(seed: 1)
        let lines = (0..<10_000).map { Array("\($0)\n".utf8) }
        let base = Array(lines.joined())
        let sides = (0..<2).map { _ in Array(lines.shuffled(using: &random).joined()) }
        #expect(TextMerge(base: base, sides: sides).merged == nil)
        #expect(TextMerge(base: base, sides: [sides[0], base]).merged == sides[0])
    }

    private static func hasDistinctLines(_ text: [UInt8]) -> Bool {
        let lines = text.split(separator: 0x0A)
        // Base and both sides have what none of them changed.
        return Dictionary(grouping: lines) { $0 }.values.allSatisfy { $0.count <= 3 }
    }

    private static func text(_ random: inout SeededRandom) -> [UInt8] {
        let kinds = random.chance(1, in: 2) ? 3 : 1000
        let text = (0..<random.below(14)).map { _ in "\(random.below(kinds))\n" }.joined()
        return Array((random.chance(1, in: 5) ? String(text.dropLast()) : text).utf8)
    }

    private static func edited(_ text: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        for _ in 0..<(1 + random.below(3)) {
            let at = random.below(lines.count + 1)
            switch random.below(3) {
            case 0: lines.insert(Array("n\(random.below(4))".utf8), at: at)
            case 1 where at < lines.count: lines.remove(at: at)
            case 2 where at < lines.count: lines[at] = Array("c\(random.below(4))".utf8)
            default: break
            }
        }
        return Array(lines.joined(separator: [0x0A]))
    }
}
