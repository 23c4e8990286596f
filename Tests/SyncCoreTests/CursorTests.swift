import EventCore
import SyncCore
import Testing
import Workload

struct CursorTests {
    @Test func `a cursor comes back from its bytes, and other bytes are none`() throws {
        var random = SeededRandom(seed: 1)
        let digest = try #require(Hash256((0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
        let cursor = Cursor(log: LogID(high: random.next(), low: random.next()), position: Position(random.next()), digest: digest)
        #expect(Cursor(bytes: cursor.bytes) == cursor)
        #expect(cursor.bytes.count == Cursor.sizeBytes)
        for length in 0..<Cursor.sizeBytes { #expect(Cursor(bytes: Array(cursor.bytes.prefix(length))) == nil) }
        #expect(Cursor(bytes: cursor.bytes + [0]) == nil)
        #expect(Cursor(bytes: [2] + cursor.bytes.dropFirst()) == nil)
    }
}
