import EventCore
import Testing
import Workload

/// What events are called is said by columns as by rows.
struct BlockDotsTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func `some events' names are found in either encoding`(seed: UInt64) throws {
        var (arbitrary, random) = (ArbitraryEvents(seed: seed), SeededRandom(seed: seed))
        let block = BlockTests.block(of: try (0..<80).map { _ in try arbitrary.next() })
        let dots = try PackedBlockTests.rows(block).map(\.dot)
        for block in [block, try PackedBlockTests.packed(block)] {
            for _ in 0..<30 {
                let numbers = dots.indices.filter { _ in random.chance(1, in: 5) }
                #expect(try Self.dots(at: numbers, block) == numbers.map { dots[$0] }, "seed \(seed), \(numbers)")
            }
            #expect(throws: BlockError.self, "seed \(seed)") { try Self.dots(at: [0, dots.count], block) }
        }
    }

    @Test func `a writer that is not among the names is refused`() throws {
        var parts = PackedParts()
        #expect(try Self.dots(at: [0, 2], parts.block).count == 2)
        parts.sections[.authors] = [0, 1, 0]
        let lying = parts.block
        #expect(throws: BlockError.self) { try Self.dots(at: [2], lying) }
    }

    private static func dots(at numbers: [Int], _ block: [UInt8]) throws -> [Dot] {
        try BlockTests.padded(block).withUnsafeBytes { try BlockDots().dots(at: numbers, in: try BlockHeader(checking: $0), $0) }
    }
}
