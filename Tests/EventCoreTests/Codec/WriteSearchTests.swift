import EventCore
import Testing
import Workload

/// Which events write a value is said by columns as by rows.
struct WriteSearchTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func `the events that write a value are found in either encoding`(seed: UInt64) throws {
        var (arbitrary, random) = (ArbitraryEvents(seed: seed), SeededRandom(seed: seed))
        let block = BlockTests.block(of: try (0..<80).map { _ in try arbitrary.next() })
        let rows = try PackedBlockTests.rows(block)
        let written = rows.flatMap(Self.writes)
        try #require(!written.isEmpty)
        for block in [block, try PackedBlockTests.packed(block)] {
            for _ in 0..<60 {
                // A value that some event writes, to this field or to another one.
                let field = written[random.below(written.count)].field
                let same = written.filter { $0.field == field }
                let value = random.chance(1, in: 4) ? written[random.below(written.count)].value : same[random.below(same.count)].value
                let write = FieldWrite(field: field, value: value)
                let expected = rows.indices.filter { Self.writes(rows[$0]).contains(write) }
                #expect(try Self.numbers(write, block) == expected, "seed \(seed), \(write)")
            }
            for write in [
                FieldWrite(field: try Name("nobody's"), value: written[0].value),
                FieldWrite(field: written[0].field, value: FieldValue(text: "nobody's")),
            ] {
                #expect(try Self.numbers(write, block).isEmpty)
            }
        }
    }

    @Test func `values that stand in line and such that stand once are told apart`() throws {
        let (a, b) = (try Name("a"), try Name("b"))
        let (seven, eight) = (try FieldValue(json: Array("7".utf8)), try FieldValue(json: Array("8".utf8)))
        var parts = PackedParts()
        parts.valueCount = 2
        parts.sections[.values] = [2 << 5 | 1, 7, 2 << 5 | 1, 8]
        parts.sections[.valueIndexes] = [0, 1, 1, 1, 0, 0]
        #expect(try Self.numbers(FieldWrite(field: a, value: seven), parts.block) == [0, 2])
        #expect(try Self.numbers(FieldWrite(field: b, value: seven), parts.block) == [2])
        #expect(try Self.numbers(FieldWrite(field: b, value: eight), parts.block) == [0, 1])
        parts.valueCount = 0
        parts.sections[.values] = [7, 8, 8, 8, 7, 7].flatMap { [2 << 5 | 1, $0] }
        parts.sections[.valueIndexes] = []
        #expect(try Self.numbers(FieldWrite(field: a, value: seven), parts.block) == [0, 2])
        #expect(try Self.numbers(FieldWrite(field: b, value: eight), parts.block) == [0, 1])
    }

    @Test func `a block whose columns name what is not there is refused`() throws {
        let write = FieldWrite(field: try Name("a"), value: try FieldValue(json: Array("7".utf8)))
        #expect(try Self.numbers(write, PackedParts().block) == [0, 1, 2])
        // A shape that is not there; more than the shapes; fewer values than are written; a value that ends behind its section.
        for (section, bytes) in [
            (.shapeIndexes, [0, 1, 0]), (.shapes, [0, 2, 0, 1, 0]), (.valueIndexes, [0, 0, 0, 0, 0]), (.values, [2 << 5 | 2, 7]),
        ]
            as [(PackedParts.Section, [UInt8])]
        {
            var parts = PackedParts()
            parts.sections[section] = bytes
            #expect(throws: BlockError.self, "\(section)") { try Self.numbers(write, parts.block) }
        }
    }

    private static func writes(_ row: BlockReader.Row) -> [FieldWrite] {
        guard case .write(let set, _) = row.body else { return [] }
        return set
    }

    private static func numbers(_ write: FieldWrite, _ block: [UInt8]) throws -> [Int] {
        try BlockTests.padded(block).withUnsafeBytes { try WriteSearch(write).numbers(in: try BlockHeader(checking: $0), $0) }
    }
}
