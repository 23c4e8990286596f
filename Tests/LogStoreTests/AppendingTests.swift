import EventCore
import LogStore
import Simulation
import Testing
import Workload

@Suite struct AppendingTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `what was appended is read back in order, from any position, before and after sealing and reopening`(seed: UInt64) throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        var script = LogScript(on: volume, seed: seed)
        try script.run(steps: 60)
        script.forgetLog()
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        #expect(try LogContent(of: log) == script.contents.last)
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let position = Position(UInt64(random.below(Int(log.end.index) + 2)))
            try Self.checkReading(log, from: position, "seed \(seed), position \(position.index)")
        }
    }

    /// Reading from a position gives the block that holds it and all after; the block alone is the same one.
    private static func checkReading(_ log: EventLog<FaultyVolume>, from position: Position, _ name: String) throws {
        var ids: [UInt64] = []
        var first: Position?
        try log.blocks(from: position) { start, block, header in
            guard header.kind == .events else { return }
            first = first ?? start
            ids += NumberedEvents.ids(in: block) ?? []
        }
        let single = try log.block(containing: position)
        guard position < log.end else {
            #expect(ids.isEmpty && single == nil, "\(name)")
            return
        }
        let start = try #require(first)
        #expect(start <= position && ids == Array(start.index..<log.end.index), "\(name)")
        #expect(single?.first == start, "\(name)")
        #expect(single?.paddedBytes.suffix(64).allSatisfy { $0 == 0 } == true)
        let own = try #require(single?.withBytes { NumberedEvents.ids(in: $0) })
        #expect(own == Array(ids.prefix(own.count)) && own.contains(position.index), "\(name)")
        #expect(try log.start(ofBlockCovering: NumberedEvents.dot(position.index)) == start, "\(name): found by its dot")
    }

    @Test func `a cursor shows the log as it was when it was made, whatever happens to the log meanwhile`() throws {
        let small = try SmallLog()
        let log = try EventLog.open(
            in: LogScript.store, on: FaultyVolume(small.state), access: .writing, options: NumberedEvents.options)
        let cursor = try log.blocks(from: Position(0))
        let end = log.end.index
        try log.commit([NumberedEvents.block(end..<(end + 3))])
        try log.seal(repacking: repacked)
        try log.commit([NumberedEvents.block((end + 3)..<(end + 4))])
        var ids: [UInt64] = []
        while let block = try cursor.next() { ids += NumberedEvents.ids(in: block.bytes) ?? [] }
        #expect(ids == small.content.ids)
        #expect(log.end.index == end + 4)
    }

    @Test func `a block larger than the reading buffer's rest and a commit of many megabytes come back`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        var random = SeededRandom(seed: 9)
        let sizes = [BlockHeader.payloadLimitBytes, 0, 1, 700_001, BlockHeader.payloadLimitBytes, 600_000, BlockHeader.payloadLimitBytes]
        let blocks = sizes.map { size in
            var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: BlockHeader.sizeBytes + size)
            BlockHeader.seal(&bytes, kind: .events, encoding: .rows, count: 1)
            return LogBlock(bytes: bytes, ranges: [])
        }
        try log.commit(blocks)
        try log.commit([blocks[0]])
        for _ in 0..<2 {
            let cursor = try log.blocks(from: Position(0))
            for block in blocks + [blocks[0]] {
                let view = try #require(try cursor.next())
                #expect(view.bytes.elementsEqual(block.bytes))
            }
            #expect(try cursor.next() == nil)
            try log.seal()
        }
    }

    @Test func `bytes that are no block are refused and leave the log as it was`() throws {
        let small = try SmallLog()
        let volume = FaultyVolume(small.state)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        let good = NumberedEvents.block(100..<103)
        var flipped = good.bytes
        flipped[20] ^= 1
        for bytes in [flipped, Array(good.bytes.dropLast()), good.bytes + [0], []] {
            #expect { try log.append([good, LogBlock(bytes: bytes, ranges: [])]) } throws: { error in
                if case .invalidBlock = error as? LogError { true } else { false }
            }
        }
        #expect(try LogContent(of: log) == small.content)
        try log.commit([NumberedEvents.block(log.end.index..<(log.end.index + 1))])
    }

    @Test func `sealing that would lose or invent an event is refused and leaves the log as it was`() throws {
        let small = try SmallLog()
        let volume = FaultyVolume(small.state)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        #expect(throws: LogError.eventCountChanged(before: 7, after: 0)) { try log.seal { _, _ in } }
        #expect(throws: LogError.eventCountChanged(before: 7, after: 8)) {
            try log.seal { (cursor, store) throws(LogError) in try store(NumberedEvents.block(0..<8)) }
        }
        #expect(try LogContent(of: log) == small.content)
        try log.seal(repacking: repacked)
        #expect(try LogContent(of: log) == small.content)
        #expect(!volume.state.files.keys.contains { $0.hasSuffix(".unfinished") })
    }

    @Test func `a log wants to be sealed from its limit on and not before`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
        while log.sizeBytes < NumberedEvents.options.segmentLimitBytes {
            #expect(!log.needsSealing)
            try log.append([NumberedEvents.block(log.end.index..<(log.end.index + 5))])
        }
        #expect(log.needsSealing)
        try log.seal(repacking: repacked)
        #expect(!log.needsSealing && log.isSealed && log.sealedEnd?.position == log.end)
    }
}
