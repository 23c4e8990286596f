import EventCore
import Testing
import Workload

/// What columns say of events without their rows is what the rows say.
struct BlockSearchTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func `the events that pass are found, and counted, in either encoding`(seed: UInt64) throws {
        var (arbitrary, random) = (ArbitraryEvents(seed: seed), SeededRandom(seed: seed))
        let block = BlockTests.block(of: try (0..<80).map { _ in try arbitrary.next() })
        let rows = try PackedBlockTests.rows(block)
        for block in [block, try PackedBlockTests.packed(block)] {
            #expect(try Self.outline(block) == Self.outline(of: rows), "seed \(seed)")
            for _ in 0..<40 {
                let filter = Self.filter(&random, rows)
                let expected = rows.indices.filter { filter.passes(rows[$0]) }
                let (found, beside) = try Self.numbers(filter, block)
                #expect(found == expected, "seed \(seed), \(filter)")
                let keys = Set(found.map { rows[$0].key })
                let toLast = rows.indices.prefix((found.last ?? -1) + 1)
                #expect(Set(beside).isSuperset(of: toLast.filter { keys.contains(rows[$0].key) }), "seed \(seed), \(filter)")
                #expect(beside.allSatisfy(toLast.contains) && beside == beside.sorted(), "seed \(seed), \(filter)")
            }
        }
    }

    @Test func `of the records that pass in a packed block only their events are named`() throws {
        let rows = WorkloadW(events: 60, seed: 1).map { $0 }
        let block = try PackedBlockTests.packed(BlockTests.block(of: rows))
        var filter = AuditFilter()
        filter.until = rows[20].time.milliseconds
        let (found, beside) = try Self.numbers(filter, block)
        let keys = Set(found.map { rows[$0].key })
        #expect(beside == rows.indices.prefix((found.last ?? -1) + 1).filter { keys.contains(rows[$0].key) })
    }

    @Test func `a block whose columns name what is not there is refused`() throws {
        var (device, field, kind, since, critical) = (AuditFilter(), AuditFilter(), AuditFilter(), AuditFilter(), AuditFilter())
        device.device = PackedParts.device
        field.field = try Name("a")
        (kind.kind, since.since, critical.criticalOnly) = (.edit, 1, true)
        let wrong: [(PackedParts.Section, [UInt8], AuditFilter?)] = [
            // A collection, and a field, that is not there; a shape, and a device, that is not; times and extras that end too soon.
            (.shapes, [1, 2, 0, 1], field), (.shapes, [0, 2, 0, 2], field), (.shapeIndexes, [0, 1, 0], nil), (.authors, [0, 1, 0], nil),
            (.times, [2], since), (.extras, [1 | 4], critical),
        ]
        for (section, bytes, filter) in wrong {
            var parts = PackedParts()
            parts.sections[section] = bytes
            #expect(throws: BlockError.self, "\(section)") { try Self.outline(parts.block) }
            if let filter { #expect(throws: BlockError.self, "\(section)") { try Self.numbers(filter, parts.block) } }
        }
        // What is not among the shapes passes no filter by them.
        var parts = PackedParts()
        #expect(try Self.numbers(field, parts.block).found == [0, 1, 2])
        parts.sections[.shapeIndexes] = [0, 1, 0]
        #expect(try Self.numbers(field, parts.block).found == [0, 2])
        #expect(try Self.numbers(device, parts.block).found == [0, 1, 2])
        #expect(try Self.numbers(kind, parts.block).found == [0, 1, 2])
    }

    // MARK: - Helpers

    private static func filter(_ random: inout SeededRandom, _ rows: [BlockReader.Row]) -> AuditFilter {
        let (some, other) = (rows[random.below(rows.count)], rows[random.below(rows.count)])
        var filter = AuditFilter()
        if random.chance(1, in: 3) { filter.device = some.dot.device }
        if random.chance(1, in: 3) { filter.kind = other.kind }
        if random.chance(1, in: 3) { filter.collection = some.key.collection }
        if random.chance(1, in: 3) { filter.since = other.time.milliseconds }
        if random.chance(1, in: 3) { filter.until = some.time.milliseconds }
        if random.chance(1, in: 4) { filter.criticalOnly = true }
        if random.chance(1, in: 3), case .write(let set, let unset) = other.body { filter.field = set.first?.field ?? unset.first }
        return filter
    }

    private static func numbers(_ filter: AuditFilter, _ block: [UInt8]) throws -> (found: [Int], beside: [Int]) {
        let search = BlockSearch(filter)
        return try BlockTests.padded(block).withUnsafeBytes { bytes in
            let header = try BlockHeader(checking: bytes)
            let found = try search.numbers(in: header, bytes)
            return (found, try search.numbers(ofRecordsOf: found, in: header, bytes))
        }
    }

    private static func outline(_ block: [UInt8]) throws -> BlockOutline {
        try BlockTests.padded(block).withUnsafeBytes { try BlockOutlines().outline(of: try BlockHeader(checking: $0), $0) }
    }

    private static func outline(of rows: [BlockReader.Row]) -> BlockOutline {
        var counts: [EventTrait: Int] = [:]
        for row in rows {
            var traits: [EventTrait] = [.kind(row.kind), .device(row.dot.device), .collection(row.key.collection)]
            if row.isCritical { traits.append(.critical) }
            switch row.body {
            case .delete: traits.append(.delete)
            case .write(let set, let unset): traits += set.map { .field($0.field) } + unset.map { .field($0) }
            }
            for trait in traits { counts[trait, default: 0] += 1 }
        }
        let times = rows.map(\.time.milliseconds)
        return BlockOutline(times: (times.min() ?? 0)...(times.max() ?? 0), counts: counts)
    }
}
