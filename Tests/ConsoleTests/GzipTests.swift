import Testing
import Workload

@testable import Console

struct GzipTests {
    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 0x3F) }
    }

    /// What `compressed` inflates to when it comes in pieces of so many bytes.
    private static func inflate(_ compressed: [UInt8], pieces: Int = 1 << 18) throws -> [UInt8] {
        let inflater = Inflater()
        var (rest, bytes) = (compressed[...], [UInt8]())
        while true {
            let piece = try inflater.next {
                defer { rest = rest.dropFirst(pieces) }
                return Array(rest.prefix(pieces))
            }
            guard !piece.isEmpty else { return bytes }
            bytes += piece
        }
    }

    @Test(arguments: [0, 1, 100, 300_000]) func `what is deflated inflates to the same, in whatever pieces it comes`(count: Int) throws {
        let bytes = Self.bytes(count, seed: 1)
        for pieces in [1, 7, 1000, 1 << 18] {
            #expect(try Self.inflate(Gzip.deflate(bytes), pieces: pieces) == bytes, "pieces of \(pieces)")
        }
    }

    @Test func `no piece is larger than a bound, whatever the bytes inflate to`() throws {
        let compressed = Gzip.deflate([UInt8](repeating: 0x20, count: 50_000_000))
        #expect(compressed.count < 100_000)
        let inflater = Inflater()
        var (rest, count) = ([compressed], 0)
        while true {
            let piece = try inflater.next { rest.popLast() ?? [] }
            if piece.isEmpty { break }
            #expect(piece.count <= 1 << 18)
            count += piece.count
        }
        #expect(count == 50_000_000)
    }

    @Test func `members one behind the other are one text`() throws {
        let (first, second) = (Self.bytes(1000, seed: 1), Self.bytes(70_000, seed: 2))
        for pieces in [1, 100, 1 << 18] {
            #expect(try Self.inflate(Gzip.deflate(first) + Gzip.deflate(second), pieces: pieces) == first + second, "pieces of \(pieces)")
        }
    }

    @Test func `a thousand members are one text, and a cut between bytes of the last is noticed`() throws {
        let members = (0..<1000).map { Self.bytes(20 + $0 % 7, seed: UInt64($0)) }
        let compressed = members.flatMap(Gzip.deflate)
        #expect(try Self.inflate(compressed) == members.flatMap(\.self))
        #expect(throws: Inflater.Failure.truncated) { try Self.inflate(Array(compressed.dropLast())) }
        #expect(throws: Inflater.Failure.damaged) { try Self.inflate(compressed + [0, 1, 2]) }
    }

    @Test func `every cut of a file is noticed`() {
        let compressed = Gzip.deflate(Self.bytes(200, seed: 3))
        for count in 1..<compressed.count {
            #expect(throws: Inflater.Failure.self, "\(count) of \(compressed.count)") { try Self.inflate(Array(compressed[..<count])) }
        }
    }

    @Test func `a flipped bit behind the header is noticed`() {
        let bytes = Self.bytes(200, seed: 4)
        let compressed = Gzip.deflate(bytes)
        for bit in (10 * 8)..<(compressed.count * 8) {
            var damaged = compressed
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let inflated = try? Self.inflate(damaged)
            #expect(inflated == nil || inflated == bytes, "bit \(bit)")
        }
    }
}
