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
            (.shapeIndexes, [0, 1, 0]), (.shapes, [0, 2, 0, 1, 0]), (.valueIndexes, [0, 0, 0, 0, 0]),
            (.values, [2 << 5 | 1, 7, 2 << 5 | 2, 7]),
        ]
            as [(PackedParts.Section, [UInt8])]
        {
            var parts = PackedParts()
            parts.sections[section] = bytes
            #expect(throws: BlockError.self, "\(section)") { try Self.numbers(write, parts.block) }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `values with a trace in them are found in either encoding`(seed: UInt64) throws {
        var (arbitrary, random, found) = (ArbitraryEvents(seed: seed), SeededRandom(seed: seed), 0)
        let block = BlockTests.block(of: try (0..<80).map { _ in try arbitrary.next() })
        let packed = try PackedBlockTests.packed(block)
        let rows = try PackedBlockTests.rows(block)
        let written = rows.flatMap(Self.writes)
        let nobodys = FieldValue(text: "nobody's")
        for one in written.shuffled(using: &random).prefix(100) {
            for trace in [Policy.union, .text].compactMap({ $0.trace(of: one.value) }) {
                func isWanted(_ write: FieldWrite) -> Bool {
                    write.field == one.field && Self.code(write.value).withUnsafeBytes { trace.isIn($0) }
                }
                #expect(isWanted(one), "seed \(seed), \(one)")
                let expected = rows.indices.filter { Self.writes(rows[$0]).contains(where: isWanted) }
                for block in [block, packed] {
                    #expect(
                        try Self.numbers(FieldWrite(field: one.field, value: nobodys), with: [trace], block) == expected,
                        "seed \(seed), \(one)")
                }
                found += expected.count
            }
        }
        #expect(found > 50)
    }

    /// The bytes are looked through many at a time: at each place, whatever stands around it.
    @Test func `a value is found wherever it lies among the others`() throws {
        let field = try Name("a")
        for length in [1, 2, 3, 20, 63, 64, 65, 130] {
            let text = String(repeating: "x", count: length - 1)
            for before in 0..<70 {
                var parts = PackedParts()
                parts.valueCount = 3
                // Two that differ from it in their last byte alone stand before and behind it.
                let values = ["y" + String(repeating: "z", count: before), text + "v", text + "w"].map { FieldValue(text: $0) }
                parts.sections[.values] = values.flatMap { Self.code($0) }
                parts.sections[.valueIndexes] = [0, 2, 1, 0, 2, 1]
                #expect(try Self.numbers(FieldWrite(field: field, value: values[1]), parts.block) == [1], "\(length) behind \(before)")
                #expect(try Self.numbers(FieldWrite(field: field, value: values[2]), parts.block) == [2], "\(length) behind \(before)")
                #expect(try Self.numbers(FieldWrite(field: field, value: FieldValue(text: text + "u")), parts.block).isEmpty)
            }
        }
    }

    private static func code(_ value: FieldValue) -> [UInt8] {
        var code: [UInt8] = []
        ValueCode.append(value, to: &code)
        return code
    }

    private static func writes(_ row: BlockReader.Row) -> [FieldWrite] {
        guard case .write(let set, _) = row.body else { return [] }
        return set
    }

    private static func numbers(_ write: FieldWrite, with traces: [ValueTrace] = [], _ block: [UInt8]) throws -> [Int] {
        let search = WriteSearch(write, orWith: traces)
        return try BlockTests.padded(block).withUnsafeBytes { try search.numbers(in: try BlockHeader(checking: $0), $0) }
    }
}
