import EventCore
import Testing

/// A table that is taken from sections which somebody else kept.
struct AdoptedTableTests {
    /// Sections in memory, which are said to be what was written.
    private final class MemorySections: StoredSections {
        var sections: [[UInt8]]

        init(_ sections: [[UInt8]]) { self.sections = sections }

        var sizesBytes: [Int] { sections.map(\.count) }
        func bytes(of section: Int) -> [UInt8]? { sections[section] }
        func place(_ section: Int, in memory: UnsafeMutableRawBufferPointer) -> Bool {
            memory.copyBytes(from: sections[section])
            return true
        }
        func isWhole(_ section: Int, _ offsets: Range<Int>, at base: UnsafeRawPointer) -> Bool { true }
        func areWhole(_ placed: [(section: Int, base: UnsafeRawPointer)]) -> Bool { true }
    }

    private static func sections() throws -> [[UInt8]] {
        var table = RecordTable()
        try BlockTests.padded(PackedParts().block).withUnsafeBytes { try table.fold(try BlockHeader(checking: $0), $0) }
        return table.withSections { sections in sections.map { Array($0) } }
    }

    @Test func `a table comes back from its sections`() throws {
        let adopted = RecordTable(adopting: MemorySections(try Self.sections()))
        guard let adopted else {
            Issue.record("nothing was adopted")
            return
        }
        #expect(adopted.eventCount == 3 && adopted.recordCount == 1 && adopted.latestTime == PackedParts().latestTime)
        #expect(adopted.versionVector == VersionVector([Dot(device: PackedParts.device, seq: 3)]))
    }

    /// Layout, count of events, of records in each half: numbers of one byte each here.
    @Test(arguments: 1...3) func `a number that no table has is not adopted`(at: Int) throws {
        var sections = try Self.sections()
        var large: [UInt8] = []
        large.appendVarint(UInt64(UInt32.max) + 1)
        sections[0].replaceSubrange(at...at, with: large)
        let isAdopted = RecordTable(adopting: MemorySections(sections)) != nil
        #expect(!isAdopted)
    }
}
