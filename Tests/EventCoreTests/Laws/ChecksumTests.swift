import EventCore
import Testing
import Workload

struct ChecksumTests {
    /// "123456789" is the check value that every CRC is published with; the others are RFC 3720's, appendix B.4.
    private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xE306_9283),
        (Array(repeating: 0, count: 32), 0x8A91_36AA),
        (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array((0..<32).reversed()), 0x113F_DB5C),
    ]

    @Test(arguments: vectors) func `known bytes have their known checksum`(bytes: [UInt8], checksum: UInt32) {
        #expect(Checksum.of(bytes) == checksum)
        #expect(Checksum.portable(of: bytes) == checksum)
    }

    @Test func `the processor's checksum and the table's are one, whatever the length`() {
        var random = SeededRandom(seed: 1)
        // One byte more than needed, so that no length is aligned by luck alone.
        let bytes = (0..<131_101).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        // Every length where code paths change, then in steps that meet every remainder of eight.
        let lengths =
            Array(0...200) + Array(3060...3090) + Array(6130...6160) + Array(stride(from: 203, through: 10_000, by: 37))
            + Array(65_510...65_540)
            + Array(68_585...68_600) + Array(131_030...131_100)
        for length in lengths {
            let (first, second) = (Array(bytes[..<length]), Array(bytes[1..<(length + 1)]))
            #expect(Checksum.of(first) == Checksum.portable(of: first), "\(length) bytes")
            #expect(Checksum.of(second) == Checksum.portable(of: second), "\(length) bytes behind one")
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>) func `the cuts between calls leave no trace`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bytes = (0..<random.below(9000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var checksum = Checksum()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(random.below(4000))
            checksum.add(Array(piece))
            if random.chance(1, in: 3) { checksum = Checksum(continuing: checksum.value) }
            rest = rest.dropFirst(piece.count)
        }
        #expect(checksum.value == Checksum.portable(of: bytes), "seed \(seed)")
    }

    @Test func `no single flipped bit goes unnoticed`() {
        var bytes = Array("a block's payload, of some length".utf8)
        let checksum = Checksum.of(bytes)
        for bit in 0..<(bytes.count * 8) {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Checksum.of(bytes) != checksum, "bit \(bit)")
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }
}
