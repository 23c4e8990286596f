import EventCore
import Simulation
import Testing

@testable import LogStore

@Suite struct CheckpointTests {
    @Test func `a checkpoint comes back as it was written, and writing to its memory changes nothing`() throws {
        let small = try SmallLog()
        let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(small.state), access: .reading)
        for _ in 0..<2 {
            let search = log.readCheckpoint()
            let image = try #require(search.image)
            #expect(search.ignored.isEmpty && image.end == log.sealedEnd)
            #expect(Array(image.sections[0]) == LogScript.checkpointSection(at: image.end.position))
            #expect(Array(image.sections[1]) == Array(LogScript.checkpointSection(at: image.end.position).prefix(5)))
            #expect(image.sections[2].isEmpty)
            image.sections[0][0] ^= 0xFF
        }
    }

    @Test func `every flipped bit and every truncation of a checkpoint makes it unused or changes nothing that is read`() throws {
        let small = try SmallLog()
        let bytes = try #require(small.state.files[small.checkpoint])
        let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(small.state), access: .reading)
        let whole = try #require(log.readCheckpoint().image).sections.map { Array($0) }
        var unusedCount = 0
        func check(_ state: DiskState, _ name: String) throws {
            let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .reading)
            let search = log.readCheckpoint()
            if let image = search.image {
                #expect(image.sections.map { Array($0) } == whole, "\(name)")
            } else {
                unusedCount += 1
                #expect(search.ignored.map(\.file) == [small.checkpoint], "\(name)")
            }
        }
        let parts = [0..<200, 4080..<4400, bytes.count - 8..<bytes.count]
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
        #expect(unusedCount > 1000)
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
            bytes.store(UInt16(3), at: 8)
            bytes.store(UInt16(2), at: 10)
            bytes.store(Checksum.of(Array(bytes[..<4092])), at: 4092)
        }
        let volume = FaultyVolume(state)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing)
        #expect(log.readCheckpoint().ignored.map(\.problem) == [.newerFormat(version: 3)])
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
        #expect(log.readCheckpoint().image?.sections.isEmpty == true)
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
            #expect(Array(image.sections[0]) == LogScript.checkpointSection(at: image.end.position))
            #expect(!isWritten || image.end == log.sealedEnd)
            try log.commit([NumberedEvents.block(log.end.index..<(log.end.index + 1))])
        }
    }
}
