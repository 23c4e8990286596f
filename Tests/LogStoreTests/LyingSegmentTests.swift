import EventCore
import Simulation
import Testing

@testable import LogStore

/// Segments of which one part is wrong under right checksums: no disk damages them so, but a program may, or somebody.
@Suite struct LyingSegmentTests {
    /// The bytes of a sealed segment, and what they say.
    private struct Sealed {
        var bytes: [UInt8]
        let header: SegmentHeader
        let tail: SegmentTail

        init(_ bytes: [UInt8]) throws {
            self.bytes = bytes
            header = try SegmentHeader(reading: Array(bytes.prefix(SegmentHeader.sizeBytes)))
            tail = try #require(
                SegmentTail(reading: Array(bytes.suffix(SegmentTail.sizeBytes)), in: header, fileBytes: bytes.count))
        }

        var markOffset: Int { tail.footerOffset - CommitMark.sizeBytes }
        var mark: CommitMark? { bytes.withUnsafeBytes { CommitMark(reading: UnsafeRawBufferPointer(rebasing: $0[markOffset...])) } }

        mutating func put(_ mark: CommitMark) { bytes.replaceSubrange(markOffset..<tail.footerOffset, with: mark.bytes) }

        /// Another index of the same size, or another end, under a tail that fits them; the digest stays.
        mutating func put(_ footer: SegmentFooter, end: Position) {
            var tail = SegmentTail(
                footerOffset: tail.footerOffset, footerBytes: footer.bytes.count, blockCount: footer.blocks.count, endPosition: end,
                footerChecksum: Checksum.of(footer.bytes))
            tail.digest = self.tail.digest
            bytes.replaceSubrange(tail.footerOffset..., with: footer.bytes + tail.bytes(in: header))
        }

        var footer: SegmentFooter? {
            SegmentFooter(
                reading: Array(bytes[tail.footerOffset..<(tail.footerOffset + tail.footerBytes)]), blockCount: tail.blockCount)
        }
    }

    private static func edited(_ small: SmallLog, _ path: String, _ change: (inout Sealed) throws -> Void) throws -> DiskState {
        var sealed = try Sealed(try #require(small.state.files[path]))
        try change(&sealed)
        var state = small.state
        state.edit(path) { $0 = sealed.bytes }
        return state
    }

    private static func open(_ state: DiskState) throws -> EventLog<FaultyVolume> {
        try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .reading, options: NumberedEvents.options)
    }

    /// What reading a log from its beginning refuses.
    private static func refusal(_ state: DiskState) throws -> LogError? {
        let cursor = try open(state).blocks(from: Position(0))
        do throws(LogError) { while try cursor.next() != nil {} } catch { return error }
        return nil
    }

    @Test func `an index that leaves out an event is named when somebody looks for that event, and only then`() throws {
        let small = try SmallLog()
        let path = small.segments[0]
        var footerOffset = 0
        let state = try Self.edited(small, path) { sealed in
            var blocks = try #require(sealed.footer).blocks
            let last = try #require(blocks.last)
            blocks.removeLast()
            try #require(last.first == Position(4) && last.count == 2)
            blocks.append(
                BlockIndexEntry(
                    offset: last.offset, sizeBytes: last.sizeBytes, first: last.first, count: 1, kind: last.kind, ranges: last.ranges))
            sealed.put(SegmentFooter(blocks: blocks), end: sealed.tail.endPosition)
            footerOffset = sealed.tail.footerOffset
        }
        let log = try Self.open(state)
        let damage = LogDamage(.damagedFooter, file: path, offset: footerOffset, positions: Position(5)..<Position(6))
        #expect(throws: LogError.corrupt(damage)) { try log.block(containing: Position(5)) }
        #expect(try log.block(containing: Position(3))?.first == Position(3))
        #expect(try log.block(containing: Position(6))?.first == Position(6))
        #expect(try SmallLog.verify(state).result == .corrupt)
    }

    @Test func `a mark that says another position, or another order of blocks, ends reading there`() throws {
        let small = try SmallLog()
        let path = small.segments[0]
        let whole = try Sealed(try #require(small.state.files[path]))
        let mark = try #require(whole.mark)
        let damage = LogDamage(.damagedCommit, file: path, offset: whole.markOffset, positions: Position(6)..<Position(6))
        let others = [
            CommitMark(endPosition: Position(7), endOffset: mark.endOffset, blockCount: mark.blockCount, chain: mark.chain),
            CommitMark(endPosition: mark.endPosition, endOffset: mark.endOffset, blockCount: mark.blockCount, chain: ~mark.chain),
        ]
        for other in others {
            let state = try Self.edited(small, path) { $0.put(other) }
            #expect(try Self.refusal(state) == .corrupt(damage))
            #expect(try SmallLog.verify(state).problems.contains { $0.file == path })
        }
        #expect(try Self.refusal(small.state) == nil)
    }

    @Test func `a segment that ends before its tail says so is damaged at its end`() throws {
        let tiny = try SmallLog(tinyAndSealed: true)
        let path = tiny.segments[0]
        var end = 0
        let state = try Self.edited(tiny, path) { sealed in
            sealed.put(try #require(sealed.footer), end: Position(4))
            end = sealed.tail.footerOffset
        }
        let damage = LogDamage(.damagedCommit, file: path, offset: end, positions: Position(3)..<Position(4))
        #expect(try Self.refusal(state) == .corrupt(damage))
        #expect(try SmallLog.verify(state).result == .corrupt)
    }

    @Test func `a block of a newer kind in a sealed segment is named when somebody reads it`() throws {
        let small = try SmallLog()
        let path = small.segments[0]
        let state = try Self.edited(small, path) { sealed in
            let start = SegmentHeader.framesOffset
            let header = try sealed.bytes[start...].withUnsafeBytes { try BlockHeader(checking: $0) }
            var block = Array(sealed.bytes[start..<(start + header.blockBytes)])
            block[8] = 3
            block.store(Checksum.of(Array(block[..<4] + block[8...])), at: 4)
            sealed.bytes.replaceSubrange(start..<(start + block.count), with: block)
        }
        #expect(try Self.refusal(state) == .newerFormat(file: path))
        // What lies behind is read all the same.
        #expect(try Self.open(state).block(containing: Position(7)) != nil)
        #expect(try SmallLog.verify(state).result == .newerFormat)
    }

    @Test(arguments: [0, 1, 2]) func `a header that no program writes is damaged`(fault: Int) throws {
        let small = try SmallLog()
        let path = small.segments[0]
        var state = small.state
        state.edit(path) { bytes in
            switch fault {
            // Version 1 has zeros there.
            case 0: bytes[100] = 1
            // No segment has such a number.
            case 1: bytes.store(UInt64.max, at: 32)
            default: for number in 0..<3 { bytes.store(UInt16(0), at: 8 + 2 * number) }
            }
            bytes.store(Checksum.of(Array(bytes[..<508])), at: 508)
        }
        let header = Array((state.files[path] ?? []).prefix(SegmentHeader.sizeBytes))
        #expect(throws: HeaderProblem.damaged) { try SegmentHeader(reading: header) }
        for access in LogAccess.allCases {
            let volume = FaultyVolume(state)
            let error = #expect(throws: LogError.self) {
                _ = try EventLog.open(in: LogScript.store, on: volume, access: access, options: NumberedEvents.options)
            }
            guard case .corrupt(let damage)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(damage.kind == .damagedHeader && damage.file == path)
            #expect(volume.state.files[path] == state.files[path])
        }
        #expect(try SmallLog.verify(state).result == .corrupt)
    }

    /// The header of a checkpoint: count of sections at 12, segment at 32, of each section from 96 on its offset and its size.
    @Test(
        arguments: [(12, 300, 0), (32, UInt64.max, 0), (96, 12_288, 96), (96 + 8, 1 << 40, 96), (96 + 16 + 8, 1 << 40, 112)]
            as [(Int, UInt64, Int)])
    func `a checkpoint whose header lies is passed over`(at: Int, number: UInt64, offset: Int) throws {
        let small = try SmallLog()
        var state = small.state
        state.edit(small.checkpoint) { bytes in
            if at == 12 { bytes.store(UInt32(number), at: at) } else { bytes.store(number, at: at) }
            bytes.store(Checksum.of(Array(bytes[..<4092])), at: 4092)
        }
        let search = try Self.open(state).readCheckpoint()
        #expect(search.image == nil)
        #expect(search.ignored.map(\.problem) == [.damaged(offset: offset)])
        #expect(try Self.open(small.state).readCheckpoint().image != nil)
    }

    @Test func `bytes that are no block are none, and a folder without segments is no log`() throws {
        #expect(throws: LogError.invalidBlock(.cutOff)) { try StoredBlock(first: Position(0), bytes: [1, 2, 3]) }
        let block = NumberedEvents.block(0..<2).bytes
        #expect(throws: LogError.invalidBlock(.checksumMismatch)) {
            try StoredBlock(first: Position(0), bytes: block.dropLast() + [block[block.count - 1] ^ 1])
        }
        #expect(try StoredBlock(first: Position(9), bytes: block).header.count == 2)
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let noLog = LogError.noLog(folder: LogScript.store)
        #expect(throws: noLog) { try EventLog.verify(in: LogScript.store, on: volume) }
        try volume.createFolder(LogScript.store + "/log")
        #expect(throws: noLog) { try EventLog.verify(in: LogScript.store, on: volume) }
    }
}
