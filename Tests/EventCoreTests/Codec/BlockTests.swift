import EventCore
import Testing
import Workload

struct BlockTests {
    @Test(arguments: 0..<20 as Range<UInt64>, [BlockHeader.Kind.events, .waiting])
    func `a block gives back the events that it was made of`(seed: UInt64, kind: BlockHeader.Kind) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<60).map { _ in try arbitrary.next() }
        let block = Self.block(of: events, kind)
        try Self.padded(block).withUnsafeBytes { bytes in
            let header = try BlockHeader(checking: bytes)
            #expect(header.kind == kind && Int(header.count) == events.count)
            var reader = try BlockReader(header, bytes)
            for event in events {
                let row = try #require(try reader.next())
                #expect(row.context == .whole(event.context))
                #expect(try row.event(context: event.context) == event)
            }
            #expect(try reader.next() == nil)
        }
    }

    @Test func `heads come back as they were written`() throws {
        let events = try Self.chain(3)
        var builder = BlockBuilder()
        builder.append(events[0], context: .heads([]))
        builder.append(events[1], context: .heads([events[0].dot]))
        builder.append(events[2], context: .heads([events[0].dot, events[1].dot]))
        try Self.padded(builder.finish()).withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            #expect(try reader.next()?.context == .whole(VersionVector()))
            #expect(try reader.next()?.context == .heads([events[0].dot]))
            #expect(try reader.next()?.context == .heads([events[0].dot, events[1].dot]))
        }
    }

    @Test(arguments: 0..<5 as Range<UInt64>) func `stepping over events names them all the same`(seed: UInt64) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<40).map { _ in try arbitrary.next() }
        try Self.padded(Self.block(of: events)).withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            for (index, event) in events.enumerated() {
                if index % 3 == 0 { #expect(try reader.next()?.dot == event.dot) } else { #expect(try reader.skip() == event.dot) }
            }
            #expect(try reader.skip() == nil)
        }
    }

    @Test func `authors are known before a row is read`() throws {
        let events = try Self.chain(5)
        var builder = BlockBuilder()
        for event in events { builder.append(event, context: .whole(event.context)) }
        let expected = [DeviceRange(device: events[0].dot.device, first: 1, last: 5)]
        #expect(builder.authors == expected)
        let authors = try Self.padded(builder.finish()).withUnsafeBytes { try BlockReader($0).authors }
        #expect(authors == expected)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `authors are those of the rows, whoever was mentioned before`(seed: UInt64) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let events = try (0..<40).map { _ in try arbitrary.next() }
        var builder = BlockBuilder()
        for event in events { builder.append(event, context: .whole(event.context)) }
        var expected: [DeviceID: DeviceRange] = [:]
        for dot in events.map(\.dot) {
            let range = expected[dot.device] ?? DeviceRange(device: dot.device, first: dot.seq, last: dot.seq)
            expected[dot.device] = DeviceRange(device: dot.device, first: min(range.first, dot.seq), last: max(range.last, dot.seq))
        }
        #expect(Set(builder.authors) == Set(expected.values))
        let authors = try Self.padded(builder.finish()).withUnsafeBytes { try BlockReader($0).authors }
        #expect(authors == builder.authors)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `each value has one code, and it comes back`(seed: UInt64) throws {
        var arbitrary = ArbitraryEvents(seed: seed)
        let value = arbitrary.value()
        var bytes: [UInt8] = []
        ValueCode.append(value, to: &bytes)
        try bytes.withUnsafeBytes { buffer in
            var cursor = ByteCursor(buffer)
            let read = try ValueCode.read(&cursor)
            #expect(read == value)
            #expect(cursor.isAtEnd)
        }
    }

    /// Found by fuzzing: 055 as text came back from another block as 55.
    @Test(arguments: ["055", "55", "-7", "true", "null", "f", "\"", "\"sea\""]) func `text that another type holds is no value`(
        text: String
    ) {
        let bytes = [UInt8(text.utf8.count)] + Array(text.utf8)
        bytes.withUnsafeBytes { buffer in
            var cursor = ByteCursor(buffer)
            #expect(throws: BlockError.self) { try ValueCode.read(&cursor) }
        }
    }

    @Test func `any flipped bit of a block is noticed`() throws {
        let block = Self.block(of: try Self.chain(4))
        for bit in 0..<(block.count * 8) {
            var damaged = block
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = damaged.withUnsafeBytes { bytes in
                #expect(throws: BlockError.self, "bit \(bit)") { try BlockHeader(checking: bytes) }
            }
        }
    }

    @Test func `any cut block is noticed`() throws {
        let block = Self.block(of: try Self.chain(4))
        for count in 0..<block.count {
            _ = block[..<count].withUnsafeBytes { bytes in
                #expect(throws: BlockError.cutOff, "\(count) bytes") { try BlockHeader(checking: bytes) }
            }
        }
    }

    /// The checksum is mended after the damage, as a lying peer would: reader and fold refuse or accept, and never trap.
    @Test(arguments: 0..<30 as Range<UInt64>, [BlockHeader.Encoding.rows, .packed])
    func `lying bytes under a right checksum harm nobody`(seed: UInt64, encoding: BlockHeader.Encoding) throws {
        var random = SeededRandom(seed: seed)
        let block = encoding == .rows ? Self.block(of: try Self.chain(12)) : try PackedBlockTests.packed(Self.block(of: try Self.chain(12)))
        for _ in 0..<300 {
            var lying = block
            for _ in 0..<(1 + random.below(3)) {
                let at = BlockHeader.sizeBytes + random.below(block.count - BlockHeader.sizeBytes)
                lying[at] = UInt8(truncatingIfNeeded: random.next())
            }
            BlockHeader.seal(
                &lying, kind: .events, encoding: encoding, count: UInt32(random.chance(1, in: 8) ? 1 + random.below(40) : 12))
            Self.padded(lying).withUnsafeBytes { bytes in
                guard let header = try? BlockHeader(checking: bytes) else { return }
                var rows = 0
                if var reader = try? BlockReader(header, bytes) { while (try? reader.next()) != nil { rows += 1 } }
                #expect(rows <= Int(header.count))
                var table = RecordTable(.scratch)
                try? table.fold(header, bytes)
                table.forEachPlace { place in
                    _ = try? table.record(at: place)
                    return true
                }
            }
        }
    }

    /// Found by fuzzing: an empty context written as the heads that are none came back from another block as a whole one.
    @Test(arguments: [2, 3] as [UInt8]) func `an empty context has one form`(form: UInt8) throws {
        let events = try Self.chain(1)
        var builder = BlockBuilder()
        builder.append(events[0], context: .whole(VersionVector()))
        var block = builder.finish()
        var start: [UInt8] = [0]
        start.appendDelta(from: 0, to: events[0].time.milliseconds)
        // The row is the block's last bytes: its length, its flags, author and time, behind which the form's count is put.
        let length = try #require(
            block.indices.last { $0 + 2 + start.count <= block.count && Array(block[($0 + 2)..<($0 + 2 + start.count)]) == start })
        #expect(Int(block[length]) == block.count - length - 1 && block[length + 1] >> 7 == 0)
        block[length] += 1
        block[length + 1] |= form << 4
        block.insert(0, at: length + 2 + start.count)
        BlockHeader.seal(&block, kind: .events, encoding: .rows, count: 1)
        try Self.padded(block).withUnsafeBytes { bytes in
            let header = try BlockHeader(checking: bytes)
            var reader = try BlockReader(header, bytes)
            #expect(throws: BlockError.self) { try reader.next() }
            var table = RecordTable(.scratch)
            #expect(throws: BlockError.self) { try table.fold(header, bytes) }
        }
    }

    // MARK: - Helpers

    /// Events of one device on one record, each building on the one before.
    static func chain(_ count: Int) throws -> [Event] {
        let device = DeviceID(high: 1, low: 2)
        return try (1...UInt64(count)).map { seq in
            try Event(
                dot: Dot(device: device, seq: seq), key: RecordKey(collection: Name("notes"), record: Name("trip")),
                context: VersionVector(seq > 1 ? [Dot(device: device, seq: seq - 1)] : []), time: HybridTime(milliseconds: 1000 + seq),
                body: .writing(set: [
                    FieldWrite(field: Name("title"), value: FieldValue(uncheckedCanonical: Array("\"v\(seq)\"".utf8))),
                    FieldWrite(
                        field: Name("text"), value: FieldValue(uncheckedCanonical: Array("\"\(String(repeating: "t", count: 40))\"".utf8))),
                ]))
        }
    }

    static func block(of events: [Event], _ kind: BlockHeader.Kind = .events) -> [UInt8] {
        var builder = BlockBuilder(kind: kind)
        for event in events { builder.append(event, context: .whole(event.context)) }
        return builder.finish()
    }

    static func padded(_ block: [UInt8]) -> [UInt8] { block + [UInt8](repeating: 0, count: RecordTable.slackBytes) }
}
