import EventCore
import Testing

/// Blocks of which one part is wrong, under a right checksum: whoever needs the part says where it is wrong, and a fold that does not need it goes on.
struct DamagedBlockTests {
    /// How somebody goes through a block.
    enum Way: Sendable {
        case reading, stepping
        /// So many at once.
        case leaping(Int)
        /// For the times of events.
        case looking(seq: UInt64)

        func go(_ bytes: UnsafeRawBufferPointer) throws {
            var reader = try BlockReader(bytes)
            switch self {
            case .reading: while try reader.next() != nil {}
            case .stepping: while try reader.skip() != nil {}
            case .leaping(let count): try reader.skip(count)
            case .looking(let seq):
                var times = WantedTimes([Dot(device: PackedParts.device, seq: seq)])
                try times.look(in: reader.header, bytes)
                #expect(times.found.count == 1)
            }
        }
    }

    struct Damage: Sendable, CustomStringConvertible {
        let description: String
        let ways: [Way]
        var place = PackedParts.Section.flags
        /// Whether it is anything to the fold, too.
        let isOfFold: Bool
        let parts: PackedParts

        init(
            _ description: String, _ ways: Way..., place: PackedParts.Section = .flags, isOfFold: Bool = true,
            _ change: (inout PackedParts) -> Void
        ) {
            var parts = PackedParts()
            change(&parts)
            (self.description, self.ways, self.place, self.isOfFold, self.parts) = (description, ways, place, isOfFold, parts)
        }
    }

    private static let largeTick: [UInt8] = [1 | 4 | 16, 0, 0, 1, 0x80, 0x80, 4]

    static let damages: [Damage] = [
        Damage("a tick of 65,536", .reading, isOfFold: false) { $0.sections[.extras] = largeTick },
        Damage("a tick of 65,536, stepped over", .stepping, .looking(seq: 1), place: .times, isOfFold: false) {
            $0.sections[.extras] = largeTick
        },
        Damage("a time of 2^48 ms", .reading, isOfFold: false) { $0.sections[.times]?.replaceSubrange(0..<1, with: Self.late) },
        Damage("a time of 2^48 ms, stepped over", .stepping, .looking(seq: 1), place: .times, isOfFold: false) {
            $0.sections[.times]?.replaceSubrange(0..<1, with: Self.late)
        },
        Damage("a context that names a device twice", .reading, isOfFold: false) { $0.sections[.contexts] = [2, 0, 0, 0, 0] },
        Damage("a head of a device that is none", .reading) { $0.sections[.heads] = [1, 0] },
        Damage("a head of seq 0", .reading) { $0.sections[.heads] = [0, 1] },
        Damage("a field that is written twice", .reading, isOfFold: false) { $0.sections[.shapes] = [0, 2, 1, 1] },
        Damage("fields of another collection than the record's", .reading) {
            ($0.collections, $0.sections[.shapes]) = (["notes", "trips"], [1, 2, 0, 1])
        },
        Damage("fewer numbers of values than writes", .reading) { $0.sections[.valueIndexes] = [0, 0, 0, 0, 0] },
        Damage("a note that is none", .reading, isOfFold: false) { $0.sections[.extras]?[1] = 1 },
        Damage("a note that is no text", .reading, isOfFold: false) { $0.sections[.notes] = [1, 0xFF] },
        Damage("an undone event of a device that is none", .reading, isOfFold: false) { $0.sections[.extras]?[2] = 1 },
        Damage("an author that is none", .reading, .stepping, .leaping(3)) { $0.sections[.authors]?[2] = 1 },
        Damage("an author that is none, of whose events somebody looks for one", .looking(seq: 3), place: .times) {
            $0.sections[.authors]?[2] = 1
        },
        Damage("a set of fields that is none", .reading, .leaping(3)) { $0.sections[.shapeIndexes]?[2] = 1 },
        Damage("values in line, of which one is missing", .leaping(3), place: .keys) {
            ($0.valueCount, $0.sections[.valueIndexes]) = (0, [])
            $0.sections[.values] = [0x41, 1, 0x41, 2, 0x41, 3, 0x41, 4, 0x41, 5]
        },
    ]

    /// 2^48 as a delta from 0.
    private static var late: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendDelta(from: 0, to: 1 << 48)
        return bytes
    }

    @Test(arguments: damages) func `a packed block with one wrong part is refused by whoever needs it`(damage: Damage) throws {
        BlockTests.padded(damage.parts.block).withUnsafeBytes { bytes in
            for way in damage.ways {
                // Of values in line a reader knows the place within them only.
                let offset = damage.place == .keys ? 10 : damage.parts.offset(of: damage.place)
                #expect(throws: BlockError.malformed(offset: offset)) { try way.go(bytes) }
            }
            let folded = Self.fold(bytes)
            #expect((folded == nil) == damage.isOfFold)
        }
    }

    @Test func `the block whose parts are whole is read, stepped over and folded`() throws {
        let parts = PackedParts()
        try BlockTests.padded(parts.block).withUnsafeBytes { bytes in
            for way in [.reading, .stepping, .leaping(3), .looking(seq: 2)] as [Way] { try way.go(bytes) }
            var reader = try BlockReader(bytes)
            let first = try #require(try reader.next())
            #expect(try first.note == Note("n") && first.undoes == Dot(device: PackedParts.device, seq: 1) && first.time.tick == 5)
            let records = try #require(Self.fold(bytes))
            #expect(records.count == 1 && records.first?.heads.map(\.seq) == [3])
            // There are three.
            #expect(throws: BlockError.malformed(offset: parts.offset(of: .flags))) { try Way.leaping(4).go(bytes) }
        }
    }

    @Test func `sections that are longer together than any block's are not expanded`() throws {
        var parts = PackedParts()
        parts.claimedBytes = [.values: 3 << 20, .notes: 3 << 20]
        BlockTests.padded(parts.block).withUnsafeBytes { bytes in
            #expect(throws: BlockError.malformed(offset: parts.sizesOffset)) { try BlockReader(bytes) }
            #expect(Self.fold(bytes) == nil)
        }
        parts.claimedBytes = [.values: 2]
        _ = BlockTests.padded(parts.block).withUnsafeBytes { bytes in
            #expect(throws: BlockError.malformed(offset: parts.offset(of: .values))) { try BlockReader(bytes) }
        }
    }

    // MARK: - Rows

    /// A block of one delete, whose row has these bytes behind its length.
    private static func rows(_ row: [UInt8], length: Int? = nil) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes) + [1] + PackedParts.device.bytes + [0, 1]
        block += [1, 1, UInt8(ascii: "c"), 0, UInt8(length ?? row.count)] + row
        BlockHeader.seal(&block, kind: .events, encoding: .rows, count: 1)
        return block
    }

    /// Flags delete and tick, author 0, a time, a tick, no context, collection 0, the record r.
    private static func row(milliseconds: UInt64 = 1, tick: UInt64) -> [UInt8] {
        var row: [UInt8] = [1 << 2 | 1 << 7, 0]
        row.appendDelta(from: 0, to: milliseconds)
        row.appendVarint(tick)
        return row + [0, 1, UInt8(ascii: "r")]
    }

    @Test func `a row whose time is none is refused`() throws {
        // The row begins behind header, device, collection, no fields.
        let start = BlockHeader.sizeBytes + 1 + 18 + 3 + 1
        for (row, behindTick) in [(Self.row(tick: 65_536), 7), (Self.row(milliseconds: 1 << 48, tick: 65_535), 14)] {
            BlockTests.padded(Self.rows(row)).withUnsafeBytes { bytes in
                #expect(throws: BlockError.malformed(offset: start)) { try Way.reading.go(bytes) }
                #expect(throws: BlockError.malformed(offset: start + behindTick)) { try Way.stepping.go(bytes) }
                #expect(throws: BlockError.malformed(offset: start + behindTick)) { try Way.looking(seq: 1).go(bytes) }
                #expect(Self.fold(bytes) == nil)
            }
        }
    }

    @Test func `a row that ends before its tick is refused, and no more rows are stepped over than there are`() throws {
        let row = Self.row(tick: 65_535)
        try BlockTests.padded(Self.rows(row)).withUnsafeBytes { bytes in
            for way in [.reading, .stepping, .leaping(1), .looking(seq: 1)] as [Way] { try way.go(bytes) }
            #expect(Self.fold(bytes)?.count == 1)
            #expect(throws: BlockError.malformed(offset: 0)) { try Way.leaping(2).go(bytes) }
        }
        BlockTests.padded(Self.rows(row, length: 4)).withUnsafeBytes { bytes in
            #expect(throws: BlockError.malformed(offset: BlockHeader.sizeBytes + 30)) { try Way.stepping.go(bytes) }
            #expect(Self.fold(bytes) == nil)
        }
    }

    // MARK: - Tables

    @Test func `a table takes no more devices, collections and events than it has numbers for`() throws {
        let block = BlockTests.padded(PackedParts().block)
        for (numbers, events, offset) in [(1, 3, BlockHeader.sizeBytes), (2, 2, 12)] as [(Int, UInt64, Int)] {
            var table = RecordTable(.scratch)
            (table.capacity.numbers, table.capacity.events) = (numbers, events)
            _ = block.withUnsafeBytes { bytes in
                #expect(throws: BlockError.malformed(offset: offset)) { try table.fold(try BlockHeader(checking: bytes), bytes) }
            }
            #expect(table.eventCount == 0 && table.recordCount == 0)
        }
        // One device, but two collections.
        let device = PackedParts.device
        var builder = BlockBuilder()
        for (seq, collection) in ["a", "b"].enumerated() {
            let event = try Event(
                dot: Dot(device: device, seq: UInt64(seq) + 1), key: RecordKey(collection: Name(collection), record: Name("r")),
                context: VersionVector(), time: HybridTime(milliseconds: 1), body: .delete)
            builder.append(event, context: .whole(VersionVector()))
        }
        var table = RecordTable(.scratch)
        table.capacity.numbers = 2
        _ = BlockTests.padded(builder.finish()).withUnsafeBytes { bytes in
            #expect(throws: BlockError.malformed(offset: BlockHeader.sizeBytes)) { try table.fold(try BlockHeader(checking: bytes), bytes) }
        }
        #expect(table.eventCount == 0)
    }

    @Test func `a store's table takes the next event of a device, and no later one`() throws {
        var parts = PackedParts()
        parts.base = 1
        BlockTests.padded(parts.block).withUnsafeBytes { bytes in
            var table = RecordTable()
            #expect(throws: BlockError.malformed(offset: BlockHeader.sizeBytes)) { try table.fold(try BlockHeader(checking: bytes), bytes) }
            #expect(table.eventCount == 0)
        }
    }

    @Test func `a batch names the block that is malformed, or does not go on where those before it end`() throws {
        var damaged = PackedParts()
        damaged.sections[.keyIndexes]?[1] = 1
        var later = PackedParts()
        later.base = 4
        let faults = [(damaged, damaged.offset(of: .flags)), (later, BlockHeader.sizeBytes)]
        for (wrong, offset) in faults {
            var table = RecordTable()
            let batch = FoldBatch()
            for block in [PackedParts().block, wrong.block] {
                try block.withUnsafeBytes { try batch.add(try BlockHeader(checking: $0), $0, to: &table) }
                batch.decode(batch.count - 1)
            }
            let error = #expect(throws: FoldBatchError.self) { try batch.admit(to: &table) }
            #expect(error?.block == 1 && error?.error == .malformed(offset: offset))
        }
    }

    // MARK: - Helpers

    /// The records that a fold makes of a block; nil when it refuses the block.
    private static func fold(_ bytes: UnsafeRawBufferPointer) -> [Record]? {
        var table = RecordTable(.scratch)
        guard let header = try? BlockHeader(checking: bytes), (try? table.fold(header, bytes)) != nil else { return nil }
        var records: [Record] = []
        table.forEachPlace { place in
            if let record = try? table.record(at: place) { records.append(record) }
            return true
        }
        return records
    }
}
