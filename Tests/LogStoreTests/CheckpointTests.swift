import EventCore
import Simulation
import Testing
import Workload

@testable import LogStore

@Suite struct CheckpointTests {
    @Test func `a checkpoint comes back as it was written, and writing to its memory changes nothing`() throws {
        let small = try SmallLog()
        let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(small.state), access: .reading)
        for _ in 0..<2 {
            let search = log.readCheckpoint()
            let image = try #require(search.image)
            #expect(search.ignored.isEmpty && image.end == log.sealedEnd && image.sizesBytes == [300, 5, 0])
            let section = LogScript.checkpointSection(at: image.end.position)
            #expect(image.bytes(of: 0) == section && image.bytes(of: 1) == Array(section.prefix(5)) && image.bytes(of: 2) == [])
            let memory = Pages(4096)
            #expect(image.place(0, in: memory.bytes) && Array(memory.bytes.prefix(300)) == section)
            #expect(memory.bytes.dropFirst(300).allSatisfy { $0 == 0 })
            memory.bytes[0] ^= 0xFF
        }
    }

    @Test func `each piece of a section is checked by itself, once, and all of them together`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        try log.commit([NumberedEvents.block(0..<1)])
        try log.seal()
        let piece = CheckpointHeader.pieceBytes
        var random = SeededRandom(seed: 1)
        let section = (0..<(40 * piece + 5000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try section.withUnsafeBytes { try log.writeCheckpoint([UnsafeRawBufferPointer(rebasing: $0[..<7]), $0]) }
        let path = try #require(volume.state.files.keys.first { $0.hasSuffix(".checkpoint") })
        for damaged in [nil, 0, 17, 40] as [Int?] {
            // Of the last piece the zeros behind the section.
            if let damaged { volume.state.flipBit((2 * 4096 + damaged * piece + (damaged == 40 ? 5001 : 99)) * 8, of: path) }
            let image = try #require(log.readCheckpoint().image)
            let memory = Pages(40 * piece + 8192)
            try #require(image.place(1, in: memory.bytes))
            let base = try #require(UnsafeRawPointer(memory.bytes.baseAddress))
            for index in 0...40 { #expect(image.isWhole(1, (index * piece + 10)..<(index * piece + 20), at: base) == (index != damaged)) }
            #expect(image.isWhole(1, (16 * piece - 1)..<(17 * piece), at: base))
            #expect(image.isWhole(1, (17 * piece - 1)..<(17 * piece + 1), at: base) == (damaged != 17))
            #expect(image.isWhole(1, (40 * piece + 8192)..<(50 * piece), at: base), "what lies behind a section is nobody's concern")
            #expect(image.areWhole([(1, base)]) == (damaged == nil))
            #expect((image.bytes(of: 1) == section) == (damaged == nil) && image.bytes(of: 0) == Array(section.prefix(7)))
            // What was right and has been written to since counts as right.
            memory.bytes[3 * piece] ^= 1
            #expect(image.areWhole([(1, base)]) == (damaged == nil))
            if let damaged { volume.state.flipBit((2 * 4096 + damaged * piece + (damaged == 40 ? 5001 : 99)) * 8, of: path) }
        }
        let image = try #require(log.readCheckpoint().image)
        let memory = Pages(40 * piece + 8192)
        try #require(image.place(1, in: memory.bytes))
        for index in [0, 15, 16, 39] {
            memory.bytes[index * piece] ^= 1
            #expect(!image.areWhole([(1, try #require(UnsafeRawPointer(memory.bytes.baseAddress)))]), "piece \(index)")
            memory.bytes[index * piece] ^= 1
        }
        #expect(image.areWhole([(1, try #require(UnsafeRawPointer(memory.bytes.baseAddress)))]))
    }

    @Test func `every flipped bit and every truncation of a checkpoint makes it unused or changes nothing that is read`() throws {
        let small = try SmallLog()
        let bytes = try #require(small.state.files[small.checkpoint])
        let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(small.state), access: .reading)
        let image = try #require(log.readCheckpoint().image)
        let whole = (0..<3).map { image.bytes(of: $0) }
        var (unusedCount, damagedCount) = (0, 0)
        func check(_ state: DiskState, _ name: String) throws {
            let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .reading)
            let search = log.readCheckpoint()
            guard let image = search.image else {
                unusedCount += 1
                #expect(search.ignored.map(\.file) == [small.checkpoint], "\(name)")
                return
            }
            for section in 0..<3 {
                let found = image.bytes(of: section)
                if found == nil { damagedCount += 1 }
                #expect(found == nil || found == whole[section], "\(name)")
            }
        }
        // Header, both sections and their padding, the table behind them.
        let parts = [0..<200, 4080..<4500, 8180..<8400, 12280..<bytes.count]
        for bit in parts.flatMap({ stride(from: $0.lowerBound * 8, to: $0.upperBound * 8, by: 3) }) {
            var state = small.state
            state.flipBit(bit, of: small.checkpoint)
            try check(state, "bit \(bit)")
        }
        for sizeBytes in stride(from: 0, to: bytes.count, by: 61) {
            var state = small.state
            state.cut(small.checkpoint, to: sizeBytes)
            try check(state, "cut to \(sizeBytes)")
        }
        #expect(unusedCount > 700 && damagedCount > 1000)
    }

    @Test func `a checkpoint of another log or of a log that was set back is not used`() throws {
        let small = try SmallLog()
        var older = small.state
        for path in small.segments.dropFirst() { older.drop(path) }
        let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(older), access: .reading)
        let search = log.readCheckpoint()
        #expect(search.image == nil)
        #expect(search.ignored.map(\.problem) == [.otherLog])
    }

    @Test func `a checkpoint of a newer format is passed over and stays`() throws {
        let small = try SmallLog()
        var state = small.state
        state.edit(small.checkpoint) { bytes in
            bytes.store(UInt16(4), at: 8)
            bytes.store(UInt16(3), at: 10)
            bytes.store(Checksum.of(Array(bytes[..<4092])), at: 4092)
        }
        let volume = FaultyVolume(state)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing)
        #expect(log.readCheckpoint().ignored.map(\.problem) == [.newerFormat(version: 4)])
        #expect(volume.state.files[small.checkpoint] == state.files[small.checkpoint])
    }

    @Test func `a checkpoint is taken only where the log is sealed`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        #expect(throws: LogError.notSealed) { try log.writeCheckpoint([]) }
        try log.commit([NumberedEvents.block(0..<1)])
        try log.seal()
        try log.commit([NumberedEvents.block(1..<2)])
        #expect(throws: LogError.notSealed) { try log.writeCheckpoint([]) }
        try log.seal()
        try log.writeCheckpoint([])
        #expect(log.readCheckpoint().image?.sizesBytes == [])
    }

    @Test(arguments: VolumeFault.allCases)
    func `a checkpoint that cannot be written leaves the one before and a log that goes on`(fault: VolumeFault) throws {
        let small = try SmallLog()
        for number in 1... {
            let volume = FaultyVolume(small.state, seed: UInt64(number))
            let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
            try log.seal(repacking: repacked)
            volume.inject(fault, at: number, isForever: true)
            let isWritten = (try? LogScript.writeCheckpoint(log)) != nil
            guard volume.hasStruck else { break }
            volume.heal()
            let image = try #require(log.readCheckpoint().image, "\(fault), number \(number)")
            #expect(image.bytes(of: 0) == LogScript.checkpointSection(at: image.end.position))
            #expect(!isWritten || image.end == log.sealedEnd)
            try log.commit([NumberedEvents.block(log.end.index..<(log.end.index + 1))])
        }
    }
}

/// Memory of whole pages.
private final class Pages {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}
