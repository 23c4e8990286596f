import EventCore
import LogStore
import Simulation
import Testing

/// Segments larger than what is written or kept at once.
@Suite struct LargeSegmentTests {
    /// A block of one event and half a mebibyte.
    private static func block(_ fill: UInt8) -> LogBlock {
        var bytes = [UInt8](repeating: fill, count: BlockHeader.sizeBytes + 512 * 1024)
        BlockHeader.seal(&bytes, kind: .events, encoding: .rows, count: 1)
        return LogBlock(bytes: bytes, ranges: [])
    }

    private static func fills(_ log: EventLog<FaultyVolume>) throws -> [UInt8] {
        let cursor = try log.blocks(from: Position(0))
        var fills: [UInt8] = []
        while let block = try cursor.next() { fills.append(block.bytes[BlockHeader.sizeBytes]) }
        return fills
    }

    /// Some operations fail while blocks are still being handed over, others behind that; nobody has to hand on what a block was refused with.
    @Test(arguments: [false, true]) func `sealing that fails on the way ends writing, and every event is there`(isSwallowed: Bool) throws {
        let fills: [UInt8] = [1, 2, 3, 4, 5]
        var failures = 0
        for number in 1... {
            let volume = FaultyVolume(try LogScript.emptyDisk)
            let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
            try log.append(fills.map(Self.block))
            try log.sync()
            volume.inject(.inputOutput, at: number, isForever: false)
            var refused: LogError?
            let result = Result { () throws(LogError) in
                try log.seal { (cursor, store) throws(LogError) in
                    while let block = try cursor.next() {
                        do throws(LogError) { try store(LogBlock(bytes: Array(block.bytes), ranges: [])) } catch {
                            refused = error
                            if !isSwallowed { throw error }
                        }
                    }
                }
            }
            guard volume.hasStruck else {
                #expect(throws: Never.self) { try result.get() }
                break
            }
            failures += refused == nil ? 0 : 1
            if let refused {
                guard case .sealFailed(let cause) = refused else {
                    Issue.record("operation \(number): \(refused)")
                    continue
                }
                #expect(throws: refused) { try result.get() }
                #expect(throws: LogError.failedBefore(cause)) { try log.append([Self.block(6)]) }
            }
            let reopened = try EventLog.open(in: LogScript.store, on: FaultyVolume(volume.state), access: .writing)
            #expect(try Self.fills(reopened) == fills, "operation \(number)")
        }
        #expect(failures > 0)
    }

    @Test func `a spool gives back what was put there, and says that it cannot give more`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        let spool = log.spool(memoryBytes: 10)
        let parts = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], [13, 14]] as [[UInt8]]
        let offsets = try parts.map { try spool.append($0) }
        #expect(offsets == [0, 6, 12])
        for (offset, part) in zip(offsets, parts) { #expect(try spool.read(at: offset, count: part.count) == part) }
        // The first part lies in a file by now.
        let error = #expect(throws: LogError.self) { try spool.read(at: 0, count: 7) }
        guard case .volume(let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.operation == .read && reason.reason == .inputOutput)
        #expect(try spool.read(at: 2, count: 4) == [3, 4, 5, 6])
    }
}
