import EventCore
import Foundation
import Testing

/// EventFormat.md shows a block byte by byte; the program writes and reads just that.
struct EventFormatPageTests {
    @Test func `the block on the page is the block of the program`() throws {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        let example = try #require(page.components(separatedBy: "## An example, byte by byte").last)
        // Each line of the example is indented: bytes in hexadecimal, two spaces or more, what they are.
        var bytes: [UInt8] = []
        for line in example.split(separator: "\n") where line.hasPrefix("    ") {
            let text = line.dropFirst(4)
            let hexadecimal = text.range(of: "  ").map { text[..<$0.lowerBound] } ?? text
            for pair in hexadecimal.split(separator: " ") { bytes.append(try #require(UInt8(pair, radix: 16), "\(line)")) }
        }
        #expect(bytes == (try Self.block()))
        try BlockTests.padded(bytes).withUnsafeBytes { buffer in
            var reader = try BlockReader(buffer)
            let (first, second, end) = (try reader.next(), try reader.next(), try reader.next())
            #expect(first?.context == .whole(VersionVector()) && second?.body == .delete && end == nil)
        }
    }

    private static var page: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Sources/EventCore/EventCore.docc/EventFormat.md")
    }

    /// Two events: a record is written, then deleted.
    static func block() throws -> [UInt8] {
        let device = DeviceID(high: 0x467f_d1e3_dd18_5468, low: 0xa980_b6b4_5d94_434a)
        let key = try RecordKey(collection: Name("notes"), record: Name("trip"))
        let write = try Event(
            dot: Dot(device: device, seq: 7), key: key, context: VersionVector(), time: HybridTime(milliseconds: 1000),
            body: .writing(
                set: [
                    FieldWrite(field: Name("days"), value: FieldValue(integer: 300)),
                    FieldWrite(field: Name("open"), value: FieldValue(boolean: true)),
                    FieldWrite(field: Name("title"), value: FieldValue(text: "sea")),
                ], unset: [Name("note")]), note: Note("why"))
        let delete = try Event(
            dot: Dot(device: device, seq: 8), key: key, context: VersionVector([write.dot]), time: HybridTime(milliseconds: 1003, tick: 5),
            body: .delete)
        var builder = BlockBuilder()
        builder.append(write, context: .heads([]))
        builder.append(delete, context: .heads([write.dot]))
        return builder.finish()
    }
}
