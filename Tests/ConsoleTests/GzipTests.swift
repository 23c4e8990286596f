import Testing
import Workload

@testable import Console

struct GzipTests {
    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 0x3F) }
    }

    @Test(arguments: [0, 1, 100, 300_000]) func `what is deflated inflates to the same`(count: Int) throws {
        let bytes = Self.bytes(count, seed: 1)
        #expect(try Gzip.inflate(Gzip.deflate(bytes)) == bytes)
    }

    @Test func `members one behind the other are one text`() throws {
        let (first, second) = (Self.bytes(1000, seed: 1), Self.bytes(70_000, seed: 2))
        #expect(try Gzip.inflate(Gzip.deflate(first) + Gzip.deflate(second)) == first + second)
    }

    @Test func `a thousand members are one text, and a cut between bytes of the last is noticed`() throws {
        let members = (0..<1000).map { Self.bytes(20 + $0 % 7, seed: UInt64($0)) }
        let compressed = members.flatMap(Gzip.deflate)
        #expect(try Gzip.inflate(compressed) == members.flatMap(\.self))
        #expect(throws: Gzip.Failure.truncated) { try Gzip.inflate(Array(compressed.dropLast())) }
        #expect(throws: Gzip.Failure.damaged) { try Gzip.inflate(compressed + [0, 1, 2]) }
    }

    @Test func `every cut of a file is noticed`() {
        let compressed = Gzip.deflate(Self.bytes(200, seed: 3))
        for count in 1..<compressed.count {
            #expect(throws: Gzip.Failure.self, "\(count) of \(compressed.count)") { try Gzip.inflate(Array(compressed[..<count])) }
        }
    }

    @Test func `a flipped bit behind the header is noticed`() {
        let bytes = Self.bytes(200, seed: 4)
        let compressed = Gzip.deflate(bytes)
        for bit in (10 * 8)..<(compressed.count * 8) {
            var damaged = compressed
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let inflated = try? Gzip.inflate(damaged)
            #expect(inflated == nil || inflated == bytes, "bit \(bit)")
        }
    }
}
