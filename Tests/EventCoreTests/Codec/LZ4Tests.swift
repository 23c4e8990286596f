import Testing
import Workload

@testable import EventCore

struct LZ4Tests {
    @Test(arguments: 0..<200 as Range<UInt64>) func `what is compressed comes back`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bytes = Self.bytes(&random, count: random.below(seed < 100 ? 400 : 100_000))
        guard let compressed = bytes.withUnsafeBytes({ LZ4.compress($0) }) else { return }
        #expect(compressed.count <= bytes.count - bytes.count / 8)
        #expect(Self.expanded(compressed, bytes.count) == bytes)
        // Neither more nor fewer bytes than there are.
        #expect(Self.expanded(compressed, bytes.count + 1) == nil)
        #expect(Self.expanded(compressed, bytes.count - 1) == nil)
    }

    @Test func `what repeats gets small, what does not is left alone`() {
        var random = SeededRandom(seed: 1)
        let noise = (0..<10_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(noise.withUnsafeBytes { LZ4.compress($0) } == nil)
        let text = Array(String(repeating: "{\"version_added\":false}", count: 500).utf8)
        #expect(text.withUnsafeBytes { LZ4.compress($0) }.map { $0.count < 100 } == true)
    }

    /// From the description of the format: a token, literals, an offset of two bytes, and literals to end with.
    @Test func `a block made by hand is expanded`() {
        // "abcd" as it is, eight bytes from four back, then "z".
        let block: [UInt8] = [0x44, 0x61, 0x62, 0x63, 0x64, 4, 0, 0x10, 0x7a]
        #expect(Self.expanded(block, 13) == Array("abcdabcdabcdz".utf8))
        // One byte over and over: copies overlap what they copy.
        let run: [UInt8] = [0x1f, 0x61, 1, 0, 5, 0x10, 0x62]
        #expect(Self.expanded(run, 26) == Array((String(repeating: "a", count: 25) + "b").utf8))
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func `lying bytes expand to nothing or to just what was asked`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bytes = Self.bytes(&random, count: 200 + random.below(600))
        guard var compressed = bytes.withUnsafeBytes({ LZ4.compress($0) }) else { return }
        for _ in 0..<50 {
            compressed[random.below(compressed.count)] = UInt8(truncatingIfNeeded: random.next())
            let cut = Array(compressed[..<random.below(compressed.count + 1)])
            for lying in [compressed, cut] {
                if let expanded = Self.expanded(lying, bytes.count) { #expect(expanded.count == bytes.count) }
            }
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func `ids of hexadecimal digits come back`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let digits = Array("0123456789abcdef".utf8)
        let id = (0..<(2 * (1 + random.below(127)))).map { _ in digits[random.below(16)] }
        let packed = try #require(RecordIDCode.packed(id)) + [0, 0, 0]
        var unpacked = [UInt8](repeating: 0, count: id.count + RecordIDCode.slackBytes)
        packed.withUnsafeBytes { packed in
            unpacked.withUnsafeMutableBytes { RecordIDCode.unpack(packed.baseAddress!, id.count / 2, to: $0.baseAddress!) }
        }
        #expect(Array(unpacked[..<id.count]) == id)
        for other in ["abc", "0A", "0g", "é"] { #expect(RecordIDCode.packed(Array(other.utf8)) == nil) }
    }

    // MARK: - Helpers

    /// Bytes that repeat themselves now and then, near or far.
    private static func bytes(_ random: inout SeededRandom, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            if bytes.count > 4 && random.chance(2, in: 3) {
                let from = random.below(bytes.count)
                for offset in 0..<(4 + random.below(300)) { bytes.append(bytes[from + offset]) }
            } else {
                for _ in 0..<(1 + random.below(30)) { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
            }
        }
        return Array(bytes[..<count])
    }

    /// nil when it is refused. A canary behind the room shows that nothing is written there.
    private static func expanded(_ block: [UInt8], _ count: Int) -> [UInt8]? {
        guard count >= 0 else { return nil }
        var room = [UInt8](repeating: 0xA5, count: count + LZ4.slackBytes + 8)
        let isWhole = block.withUnsafeBytes { block in
            room.withUnsafeMutableBytes { room in
                LZ4.expand(block, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
            }
        }
        #expect(room[(count + LZ4.slackBytes)...].allSatisfy { $0 == 0xA5 })
        return isWhole ? Array(room[..<count]) : nil
    }
}
