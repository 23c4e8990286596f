import EventCore
import LogStore
import Simulation
import Testing
import Workload

@Suite struct InspectionTests {
    @Test func `a whole log is intact and every line of its text says so`() throws {
        let small = try SmallLog()
        let verification = try SmallLog.verify(small.state)
        #expect(verification.result == .intact && verification.events == 18 && verification.segments == 3)
        for path in small.segments + [small.checkpoint] {
            let lines = try EventLog.inspected(path, on: FaultyVolume(small.state))
            #expect(lines.contains { $0.contains(" ok") })
            #expect(!lines.contains { $0.contains("DAMAGED") || $0.contains("CUT OFF") || $0.contains("OUT OF PLACE") }, "\(lines)")
        }
    }

    @Test func `the text shows each block with what the caller says about it`() throws {
        let small = try SmallLog()
        let bytes = try #require(small.state.files[small.segments[2]])
        let lines = FileInspection.lines(of: bytes) { header, block in ["\(header.count) events \(NumberedEvents.ids(in: block) ?? [])"] }
        #expect(
            lines.filter { $0.contains("events [") }.map { $0.drop { $0 == " " } } == [
                "2 events [11, 12]", "1 events [13]", "3 events [14, 15, 16]", "1 events [17]",
            ])
        #expect(lines.count { $0.contains("commit mark") } == 3)
    }

    @Test func `a line is handed on before what stands behind it is looked at`() throws {
        let small = try SmallLog()
        var (count, before) = (0, [Int]())
        let describe: FileInspection.Description = { _, _ in
            before.append(count)
            return ["described"]
        }
        FileInspection.inspect(try #require(small.state.files[small.segments[2]]), describing: describe) { _ in count += 1 }
        #expect(before.count == 4 && before[0] > 0 && zip(before, before.dropFirst()).allSatisfy { $0 + 1 < $1 })
    }

    @Test func `damaged files of every kind are shown and never written`() throws {
        let small = try SmallLog()
        for path in small.segments + [small.checkpoint] {
            let bytes = try #require(small.state.files[path])
            let whole = FileInspection.lines(of: bytes)
            for bit in stride(from: 3, to: bytes.count * 8, by: 41) {
                var flipped = bytes
                flipped[bit / 8] ^= UInt8(1 << (bit % 8))
                let lines = FileInspection.lines(of: flipped)
                #expect(lines != whole || path != small.checkpoint && (512..<1536).contains(bit / 8), "\(path), bit \(bit)")
            }
            for sizeBytes in stride(from: 0, to: bytes.count, by: 37) { _ = FileInspection.lines(of: Array(bytes.prefix(sizeBytes))) }
        }
        var random = SeededRandom(seed: 6)
        for _ in 0..<50 { _ = FileInspection.lines(of: (0..<random.below(3000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }) }
    }

    @Test func `verifying names the events of each damaged block of a sealed segment and goes on behind it`() throws {
        let small = try SmallLog()
        let bytes = try #require(small.state.files[small.segments[0]])
        let offsets = FileInspection.lines(of: bytes).filter { $0.contains("block events") }.compactMap { Int($0.prefix(9)) }
        try #require(offsets.count == 3)
        var state = small.state
        for offset in [offsets[0], offsets[2]] { state.flipBit((offset + 20) * 8, of: small.segments[0]) }
        let verification = try SmallLog.verify(state)
        #expect(
            verification.problems == [
                LogDamage(.damagedBlock, file: small.segments[0], offset: offsets[0], positions: Position(0)..<Position(3)),
                LogDamage(.damagedBlock, file: small.segments[0], offset: offsets[2], positions: Position(4)..<Position(6)),
            ])
        #expect(verification.events == 13)
    }

    @Test func `damage to what was acknowledged names the events that are lost by it`() throws {
        let small = try SmallLog()
        let bytes = try #require(small.state.files[small.segments[2]])
        let offsets = FileInspection.lines(of: bytes).filter { $0.contains("block events") }.compactMap { Int($0.prefix(9)) }
        var state = small.state
        state.flipBit((offsets[1] + 17) * 8, of: small.segments[2])
        let damage = LogDamage(
            .acknowledgedEventsDamaged, file: small.segments[2], offset: offsets[1], positions: Position(13)..<Position(18))
        #expect(try SmallLog.verify(state).problems == [damage])
        for access in LogAccess.allCases {
            #expect(throws: LogError.corrupt(damage)) { try SmallLog.reopen(state, access).get() }
        }
    }

    @Test func `a file that cannot be read is a problem with a name`() throws {
        let small = try SmallLog()
        let volume = FaultyVolume(small.state)
        volume.inject(.inputOutput, at: 2, isForever: true)
        let verification = try EventLog.verify(in: LogScript.store, on: volume)
        #expect(verification.result == .corrupt)
        #expect(verification.problems.map(\.kind) == [.unreadable, .unreadable, .unreadable])
    }
}
