import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// Damage of every kind to a log whose every commit was acknowledged.
@Suite struct DamageTests {
    @Test(arguments: [false, true])
    func `every single-bit flip of a tiny segment gives the whole content or an error that names the file`(isSealed: Bool) throws {
        let tiny = try SmallLog(tinyAndSealed: isSealed)
        let path = tiny.segments[0]
        let count = tiny.state.files[path]?.count ?? 0
        // All bytes that say something, and of the zeros between them some.
        let meaning = [0..<84, 508..<552, 1020..<1064, 1532..<count]
        for offset in 0..<count {
            let isMeaning = meaning.contains { $0.contains(offset) }
            for bit in isMeaning ? Array(0..<8) : offset % 13 == 0 ? [offset % 8] : [] {
                var state = tiny.state
                state.flipBit(offset * 8 + bit, of: path)
                try Self.check(state, tiny, path, "byte \(offset), bit \(bit)")
            }
        }
    }

    @Test(arguments: 0..<3)
    func `a flipped bit anywhere in a log of three segments gives the whole content or an error that names the file`(segment: Int) throws {
        let small = try SmallLog()
        let path = small.segments[segment]
        for offset in stride(from: segment, to: small.state.files[path]?.count ?? 0, by: 5) {
            var state = small.state
            state.flipBit(offset * 8 + offset % 8, of: path)
            try Self.check(state, small, path, "byte \(offset)")
        }
    }

    @Test(arguments: 0..<3)
    func `every truncation gives an error that names the file`(segment: Int) throws {
        let small = try SmallLog()
        let path = small.segments[segment]
        let count = small.state.files[path]?.count ?? 0
        for sizeBytes in Array(stride(from: 0, to: 1536, by: 16)) + Array(1536..<count) {
            var state = small.state
            state.cut(path, to: sizeBytes)
            try Self.check(state, small, path, "cut to \(sizeBytes)", mustFail: true)
        }
    }

    @Test(arguments: 0..<3)
    func `a zeroed sector gives the whole content or an error that names the file`(segment: Int) throws {
        let small = try SmallLog()
        let path = small.segments[segment]
        for sector in 0...(small.state.files[path]?.count ?? 0) / 512 {
            var state = small.state
            state.zeroSector(sector, of: path)
            try Self.check(state, small, path, "sector \(sector)")
        }
    }

    /// Every access gives all of the content, or an error with the file's name; and verifying finds what opening finds.
    private static func check(
        _ state: DiskState, _ small: SmallLog, _ path: String, _ name: String, mustFail: Bool = false
    ) throws {
        var hasFailed = false
        for access in LogAccess.allCases {
            switch SmallLog.reopen(state, access) {
            case .success(let content): #expect(content == small.content && !mustFail, "\(name), \(access)")
            case .failure(LogError.corrupt(let damage)):
                #expect(damage.file == path, "\(name), \(access)")
                hasFailed = true
            case .failure(let error): Issue.record("\(name), \(access): \(error)")
            }
        }
        let verification = try SmallLog.verify(state)
        if hasFailed {
            #expect(verification.result == .corrupt && verification.problems.contains { $0.file == path }, "\(name): verify")
        }
        if state.files[path] != small.state.files[path] && verification.result == .intact {
            // All that may change without being noticed is a slot of the acknowledged mark: the other one stands in for it.
            #expect(changedOffsets(state, small.state, path).allSatisfy { (512..<1536).contains($0) }, "\(name): verify")
        }
    }

    private static func changedOffsets(_ left: DiskState, _ right: DiskState, _ path: String) -> [Int] {
        let (left, right) = (left.files[path] ?? [], right.files[path] ?? [])
        return (0..<max(left.count, right.count)).filter { $0 >= left.count || $0 >= right.count || left[$0] != right[$0] }
    }

    @Test func `commits that are swapped, repeated or left out are noticed, although each is whole`() throws {
        let small = try SmallLog()
        let path = small.segments[2]
        let bytes = try #require(small.state.files[path])
        // Commits of two blocks of one size, so that only order can tell.
        let ends = commitEnds(bytes)
        try #require(ends.count == 4)
        let parts = (0..<3).map { Array(bytes[ends[$0]..<ends[$0 + 1]]) }
        let head = Array(bytes[..<1536])
        let orders = [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 0, 1, 2], [0, 1, 1, 2], [1, 2], [0, 2], [0, 1], [2], []]
        for order in orders {
            var state = small.state
            state.edit(path) { $0 = head + order.flatMap { parts[$0] } }
            try Self.check(state, small, path, "order \(order)", mustFail: true)
        }
    }

    @Test func `blocks of one size that are swapped within a commit are noticed`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        let blocks = (0..<2).map { fill in
            var bytes = [UInt8](repeating: UInt8(fill), count: 48)
            BlockHeader.seal(&bytes, kind: .events, encoding: .rows, count: 1)
            return LogBlock(bytes: bytes, ranges: [])
        }
        try log.append(blocks)
        var state = volume.state
        let path = try #require(state.files.keys.first { $0.hasSuffix(".segment") })
        state.edit(path) { $0.replaceSubrange(1536..<1632, with: blocks[1].bytes + blocks[0].bytes) }
        let opened = try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .writing)
        #expect(opened.end == Position(0) && opened.recovery.tornTail?.sizeBytes == 128)
    }

    @Test func `a segment that is missing, of another store, or older than what follows it is named`() throws {
        let small = try SmallLog()
        for index in 0..<2 {
            var state = small.state
            state.drop(small.segments[index])
            guard case .failure(LogError.corrupt(let damage)) = SmallLog.reopen(state, .writing) else {
                Issue.record("segment \(index) is missing and nobody says so")
                continue
            }
            #expect(damage.kind == .missingSegment && damage.file == small.segments[index])
            #expect(damage.positions == [Position(0)..<Position(6), Position(6)..<Position(11)][index])
            #expect(try SmallLog.verify(state).problems.first?.kind == .missingSegment)
        }
        let other = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: StoreID(high: 1, low: 1), on: other)
        try log.commit([NumberedEvents.block(0..<6)])
        try log.seal()
        var state = small.state
        state.put(small.segments[0], other.state.files[small.segments[0]] ?? [])
        guard case .failure(LogError.corrupt(let damage)) = SmallLog.reopen(state, .reading) else {
            Issue.record("a segment of another store was taken")
            return
        }
        #expect(damage.kind == .foreignSegment)
    }

    /// Where the commits of an active segment end, after where they begin.
    private func commitEnds(_ bytes: [UInt8]) -> [Int] {
        [1536]
            + FileInspection.lines(of: bytes).compactMap { line in
                guard let end = line.split(separator: ", ").first(where: { $0.hasPrefix("end ") }), line.contains("commit mark") else {
                    return nil
                }
                return Int(end.dropFirst(4))
            }
    }

    @Test func `bytes behind the acknowledged end are kept aside once and named`() throws {
        let small = try SmallLog()
        let path = small.segments[2]
        var random = SeededRandom(seed: 5)
        let end = small.content.ids.count
        let whole = NumberedEvents.block(UInt64(end)..<UInt64(end + 2)).bytes
        for (room, tail) in zip(
            [0, 0, 500, 1, 5000],
            [
                [9], [UInt8](repeating: 0, count: 3000) + [1], whole, Array(whole.dropLast()),
                (0..<700).map { _ in UInt8(truncatingIfNeeded: random.next()) } + [1],
            ])
        {
            var state = small.state
            // Room behind them goes with the cut, and is not kept.
            state.edit(path) { $0 += tail + [UInt8](repeating: 0, count: room) }
            #expect(try SmallLog.verify(state).result == .tornTail)
            let volume = FaultyVolume(state)
            let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
            let torn = try #require(log.recovery.tornTail)
            #expect(torn.sizeBytes == tail.count && torn.file == path)
            #expect(try volume.state.files[#require(torn.keptIn)] == tail)
            #expect(try LogContent(of: log) == small.content)
            #expect(try SmallLog.verify(volume.state).result == .intact)
        }
    }
}
