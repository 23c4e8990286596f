import EventCore
import Testing

/// Rules of values that no text can break, as the parser stops earlier: who makes them in a program is refused all the same.
struct LimitTests {
    private static let device = DeviceID(high: 1, low: 1)

    private static func event(seq: UInt64, epoch: UInt64 = 0, context: UInt64 = 0) throws(EventError) -> Event {
        try Event(
            dot: Dot(device: device, seq: seq), key: RecordKey(collection: Name("a"), record: Name("b")),
            context: VersionVector([Dot(device: device, seq: context)].filter { $0.seq > 0 }), time: HybridTime(milliseconds: 1),
            body: .delete,
            epoch: epoch)
    }

    @Test func `numbers of an event`() throws {
        #expect(throws: EventError.seqOutOfRange) { try Self.event(seq: 0) }
        #expect(throws: EventError.seqOutOfRange) { try Self.event(seq: Limits.seq + 1) }
        #expect(throws: EventError.epochOutOfRange) { try Self.event(seq: 1, epoch: Limits.seq + 1) }
        #expect(throws: EventError.contextCoversDot) { try Self.event(seq: 1, context: 1) }
        #expect(try Self.event(seq: Limits.seq, epoch: Limits.seq, context: 1).dot.seq == Limits.seq)
    }

    @Test func `names have 1 to 255 bytes`() throws {
        #expect(throws: EventError.emptyName) { try Name("") }
        #expect(throws: EventError.nameTooLong(bytes: 256)) { try Name(String(repeating: "x", count: 256)) }
        #expect(try Name(String(repeating: "x", count: 255)).utf8.count == 255)
    }

    @Test func `a tree is no deeper than a value may be, also of bytes that nobody has checked`() throws {
        for (bracket, end) in [("[", "]"), (#"{"a":"#, "}")] {
            func nested(_ depth: Int) -> FieldValue {
                FieldValue(
                    uncheckedCanonical: Array((String(repeating: bracket, count: depth) + "1" + String(repeating: end, count: depth)).utf8))
            }
            #expect(throws: Never.self) { try JSONValue(nested(Limits.valueDepth)) }
            let error = #expect(throws: JSONError.self) { try JSONValue(nested(Limits.valueDepth + 1)) }
            #expect(error?.reason == .tooDeep)
        }
    }

    /// A block's header says what follows it; a right checksum does not make it right.
    @Test func `headers that no writer makes are refused`() throws {
        func check(_ kind: BlockHeader.Kind, _ encoding: BlockHeader.Encoding, _ count: UInt32) throws(BlockError) -> BlockHeader {
            var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes + 8)
            BlockHeader.seal(&block, kind: kind, encoding: encoding, count: count)
            return try block.withUnsafeBytes { block -> Result<BlockHeader, BlockError> in
                do throws(BlockError) { return .success(try BlockHeader(checking: block)) } catch { return .failure(error) }
            }.get()
        }
        #expect(throws: BlockError.malformed(offset: 9)) { try check(.waiting, .packed, 1) }
        #expect(throws: BlockError.malformed(offset: 12)) { try check(.events, .rows, 0) }
        #expect(try check(.events, .packed, 3).count == 3)
        // Flags that nobody has set yet.
        var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes)
        BlockHeader.seal(&block, kind: .events, encoding: .rows, count: 1)
        for at in [10, 11] {
            var flagged = block
            flagged[at] = 1
            withUnsafeBytes(of: Checksum.of(Array(flagged[0..<4] + flagged[8...])).littleEndian) {
                flagged.replaceSubrange(4..<8, with: $0)
            }
            _ = flagged.withUnsafeBytes { bytes in
                #expect(throws: BlockError.malformed(offset: 10)) { try BlockHeader(checking: bytes) }
            }
        }
    }
}
