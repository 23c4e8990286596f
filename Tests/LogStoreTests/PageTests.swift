import EventCore
import Testing

@testable import LogStore

/// The pages say what the code does.
@Suite struct PageTests {
    @Test func `the table in Recovery is the table in the code`() throws {
        let page = try Self.page("Recovery.md")
        let lines = page.split(separator: "\n").map(String.init)
        let rows = lines.filter { $0.hasPrefix("| ") && $0.split(separator: "|").count == 7 }.dropFirst().map { $0 }
        #expect(rows == RecoveryTable.rows.map(\.pageLine))
    }

    @Test func `LogFormat names the sizes, offsets and magic words that the code uses`() throws {
        let page = try Self.page("LogFormat.md")
        let words = [SegmentHeader.magic, AcknowledgedMark.magic, SegmentTail.magic, CheckpointHeader.magic]
        for word in words { #expect(page.contains("| 0 | 8 bytes | `\(String(decoding: word, as: UTF8.self))` |")) }
        #expect(page.contains("From offset \(SegmentHeader.framesOffset) on."))
        #expect(page.contains("**Commit mark**, \(CommitMark.sizeBytes) bytes"))
        #expect(page.contains("an entry of \(SegmentFooter.entryBytes) bytes a block, then ranges of \(SegmentFooter.rangeBytes) bytes"))
        #expect(page.contains("The last \(SegmentTail.sizeBytes) bytes of the file are the tail"))
        #expect(page.contains("| \(SegmentTail.digestOffset) | 32 bytes | digest"))
        #expect(
            page.contains(
                "Page 0, \(CheckpointHeader.sizeBytes) bytes, then sections that begin at multiples of \(CheckpointHeader.pageBytes)."))
        #expect(
            page.contains("Version \(CheckpointHeader.version). Page 0")
                && page.contains("each piece of \(CheckpointHeader.pieceBytes) bytes"))
        #expect(page.contains("The files of a log, version \(SegmentHeader.version)."))
    }

    private static func page(_ name: String) throws -> String {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return String(decoding: try POSIXVolume().wholeFile("\(folder)/Sources/LogStore/LogStore.docc/\(name)"), as: UTF8.self)
    }
}

extension RecoveryTable.Row {
    /// The row as it stands in Recovery.md.
    fileprivate var pageLine: String {
        let cells = [
            text(headers, of: HeaderState.allCases), text(roles, of: SegmentRole.allCases),
            newest.count == 2 ? "any" : newest.contains(true) ? "yes" : "no", text(tails, of: TailState.allCases),
            text(marks, of: MarkRelation.allCases), text(accesses, of: LogAccess.allCases), decision.pageText,
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func text<State: RawRepresentable<String> & Hashable>(_ states: Set<State>, of all: [State]) -> String {
        states.count == all.count ? "any" : all.filter(states.contains).map(\.rawValue).joined(separator: ", ")
    }
}

extension RecoveryDecision {
    fileprivate var pageText: String {
        switch self {
        case .keep: "keep"
        case .cut: "cut"
        case .passOver: "pass over"
        case .refuse(let kind): "refuse: \(kind.rawValue)"
        }
    }
}
