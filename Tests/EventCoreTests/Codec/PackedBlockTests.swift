import EventCore
import Testing
import Workload

struct PackedBlockTests {
    @Test(arguments: 0..<60 as Range<UInt64>) func `a packed block gives back the rows that it was made of`(seed: UInt64) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<80).map { _ in try arbitrary.next() }
        let rows = BlockTests.block(of: events)
        let expected = try Self.rows(rows)
        let packed = try Self.packed(rows)
        #expect(try Self.rows(packed) == expected)
        #expect(try BlockTests.padded(packed).withUnsafeBytes { try BlockReader($0).authors } == Self.authors(rows))
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `the rows of a log come back with their heads, and fold to the same records`(
        seed: UInt64
    ) throws {
        var workload = WorkloadW(events: 3000, seed: seed)
        var builder = BlockBuilder()
        var contexts: [RecordKey: [Dot]] = [:]
        while let event = workload.next() {
            // The newest event of a record stands for its context where that is all that it saw.
            let heads = contexts[event.key]
            let isChain = heads.map { $0.count == 1 && event.context.covers($0[0]) } ?? event.context.isEmpty
            builder.append(event, context: isChain ? .heads(heads ?? []) : .whole(event.context))
            contexts[event.key] = isChain ? [event.dot] : (heads ?? []) + [event.dot]
        }
        let block = builder.finish()
        let packed = try Self.packed(block)
        #expect(try Self.rows(packed) == Self.rows(block))
        #expect(packed.count < block.count)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `a store's events fold to the same records from either encoding`(seed: UInt64) throws {
        let block = BlockTests.block(of: try BlockTests.chain(20 + Int(seed)))
        #expect(try Self.folded(Self.packed(block)) == Self.folded(block))
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `stepping over packed events names them all the same`(seed: UInt64) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<40).map { _ in try arbitrary.next() }
        try BlockTests.padded(Self.packed(BlockTests.block(of: events))).withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            for (index, event) in events.enumerated() {
                if index % 3 == 0 {
                    let row = try #require(try reader.next())
                    #expect(try row.event(context: event.context) == event)
                } else {
                    #expect(try reader.skip() == event.dot)
                }
            }
            #expect(try reader.skip() == nil)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `an open block finds each event by its name, again and again, in either encoding`(
        seed: UInt64
    ) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<40).map { _ in try arbitrary.next() }
        let rows = BlockTests.block(of: events)
        for block in [rows, try Self.packed(rows)] {
            let open = try block.withUnsafeBytes { try OpenBlock(try BlockHeader(checking: $0), copying: $0) }
            for event in events.reversed() {
                let row = try open.read { (reader) throws(BlockError) -> BlockReader.Row? in
                    guard let number = try reader.number(of: event.dot) else { return nil }
                    try reader.skip(number)
                    return try reader.next()
                }
                #expect(row?.dot == event.dot)
            }
            let unknown = Dot(device: DeviceID(high: 0, low: 0), seq: 1)
            let late = Dot(device: events[0].dot.device, seq: Limits.seq)
            #expect(try open.read { (reader) throws(BlockError) in try reader.number(of: unknown) } == nil)
            #expect(try open.read { (reader) throws(BlockError) in try reader.number(of: late) } == nil)
        }
    }

    @Test func `a block that is none cannot be opened`() throws {
        let block = BlockTests.block(of: [
            try .init(
                dot: Dot(device: DeviceID(high: 3, low: 4), seq: 1), key: RecordKey(collection: Name("c"), record: Name("r")),
                context: VersionVector(), time: HybridTime(milliseconds: 1), body: .delete)
        ])
        let header = try block.withUnsafeBytes { try BlockHeader(checking: $0) }
        #expect(throws: BlockError.self) {
            _ = try [UInt8](repeating: 0xFF, count: block.count).withUnsafeBytes { try OpenBlock(header, copying: $0) }
        }
    }

    /// A device whose seqs pass the end of numbers: no honest block has one, and a lying one may not trap.
    @Test func `seqs that run over are refused or read, and never trap`() throws {
        let device = DeviceID(high: 3, low: 4)
        let events = try ["a", "b", "a", "b"].enumerated().map { index, record in
            try Event(
                dot: Dot(device: device, seq: UInt64(index) + 1), key: RecordKey(collection: Name("notes"), record: Name(record)),
                context: VersionVector(index < 2 ? [] : [Dot(device: device, seq: UInt64(index) - 1)]), time: HybridTime(milliseconds: 1),
                body: .delete)
        }
        var builder = BlockBuilder()
        for (index, event) in events.enumerated() {
            builder.append(event, context: .heads(index < 2 ? [] : [events[index - 2].dot]))
        }
        let block = try Self.packed(builder.finish())
        // Behind the count of devices and the id stands the base, which is 0.
        let base = BlockHeader.sizeBytes + 1 + 16
        #expect(block[base] == 0)
        for start in [.max, .max - 1, .max - 2] as [UInt64] {
            var varint: [UInt8] = []
            varint.appendVarint(start)
            var lying = block
            lying.replaceSubrange(base...base, with: varint)
            BlockHeader.seal(&lying, kind: .events, encoding: .packed, count: 4)
            if let rows = try? Self.rows(lying) { #expect(rows.count == 4) }
            var table = RecordTable(.scratch)
            _ = BlockTests.padded(lying).withUnsafeBytes { bytes in
                #expect(throws: BlockError.self) { try table.fold(try BlockHeader(checking: bytes), bytes) }
            }
        }
    }

    @Test func `any flipped bit of a packed block is noticed`() throws {
        let block = try Self.packed(BlockTests.block(of: try BlockTests.chain(4)))
        for bit in 0..<(block.count * 8) {
            var damaged = block
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = damaged.withUnsafeBytes { bytes in
                #expect(throws: BlockError.self, "bit \(bit)") { try BlockHeader(checking: bytes) }
            }
        }
    }

    @Test func `repeated values and ids of hexadecimal digits cost little`() throws {
        let device = DeviceID(high: 3, low: 4)
        let text = FieldValue(text: "the same long text, again and again and again")
        let events = try (1...UInt64(500)).map { seq in
            try Event(
                dot: Dot(device: device, seq: seq), key: RecordKey(collection: Name("notes"), record: Name("00c0ffee0000\(1000 + seq)")),
                context: VersionVector(), time: HybridTime(milliseconds: seq),
                body: .write(set: [FieldWrite(field: Name("a"), value: text)], unset: []))
        }
        let packed = try Self.packed(BlockTests.block(of: events))
        #expect(packed.count < 500 * 14)
        #expect(try Self.rows(packed).map(\.key) == events.map(\.key))
    }

    // MARK: - Helpers

    /// The same rows as a packed block.
    static func packed(_ block: [UInt8]) throws -> [UInt8] {
        var builder = PackedBlockBuilder()
        for row in try rows(block) { builder.append(row) }
        return builder.finish()
    }

    static func rows(_ block: [UInt8]) throws -> [BlockReader.Row] {
        try BlockTests.padded(block).withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            var rows: [BlockReader.Row] = []
            while let row = try reader.next() { rows.append(row) }
            return rows
        }
    }

    private static func authors(_ block: [UInt8]) throws -> [DeviceRange] {
        try BlockTests.padded(block).withUnsafeBytes { try BlockReader($0).authors }
    }

    private static func folded(_ block: [UInt8]) throws -> [Record] {
        var table = RecordTable(.scratch)
        try BlockTests.padded(block).withUnsafeBytes { try table.fold(try BlockHeader(checking: $0), $0) }
        var records: [Record] = []
        try table.forEachPlace { place in
            records.append(try table.record(at: place))
            return true
        }
        return records
    }
}
