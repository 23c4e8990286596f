import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// Room behind the end of a segment: zeros written ahead of the commits.
@Suite struct RoomTests {
    private static let bounds = NumberedEvents.options.roomBytes

    /// An empty log, its volume, and its one segment.
    private static func log() throws -> (EventLog<FaultyVolume>, FaultyVolume, String) {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
        return (log, volume, volume.state.files.keys.first { $0.hasSuffix(".segment") } ?? "")
    }

    private static func commit(_ count: UInt64 = 1, to log: EventLog<FaultyVolume>) throws {
        try log.commit([NumberedEvents.block(log.end.index..<(log.end.index + count))])
    }

    private static func size(_ path: String, _ volume: FaultyVolume) -> Int { volume.state.files[path]?.count ?? 0 }

    @Test func `the first commit gets no room, later ones as much as was written, within bounds`() throws {
        let (log, volume, path) = try Self.log()
        try Self.commit(to: log)
        #expect(Self.size(path, volume) == log.sizeBytes)
        var rooms: Set<Int> = []
        while log.sizeBytes < 8 * Self.bounds.upperBound {
            let (before, size) = (log.sizeBytes, Self.size(path, volume))
            try Self.commit(to: log)
            let room = Self.size(path, volume) - log.sizeBytes
            guard Self.size(path, volume) > size else { continue }
            rooms.insert(room)
            #expect(Self.bounds.contains(room) && (room == Self.bounds.lowerBound || room <= before))
            #expect(volume.state.files[path]?.suffix(room).allSatisfy { $0 == 0 } == true)
        }
        #expect(rooms.contains(Self.bounds.lowerBound) && rooms.contains(Self.bounds.upperBound) && rooms.count > 2)
        let size = Self.size(path, volume)
        // A commit that a step would not hold eight times makes the file longer by itself.
        while Self.size(path, volume) == size { try Self.commit(30, to: log) }
        #expect(Self.size(path, volume) == log.sizeBytes)
    }

    @Test func `closing cuts the room off, a killed process leaves it, and then it is no torn tail and is filled`() throws {
        let (log, volume, path) = try Self.log()
        for _ in 0..<3 { try Self.commit(to: log) }
        let left = FaultyVolume(volume.state.afterKill())
        #expect(Self.size(path, left) > log.sizeBytes)
        #expect(try SmallLog.verify(left.state).result == .intact)
        let lines = try EventLog.inspected(path, on: left)
        #expect(lines.last?.contains("room, \(Self.size(path, left) - log.sizeBytes) bytes") == true)
        let size = log.sizeBytes
        try log.close()
        #expect(Self.size(path, volume) == size)

        for access in LogAccess.allCases {
            let opened = try EventLog.open(in: LogScript.store, on: left, access: access, options: NumberedEvents.options)
            #expect(opened.recovery.isClean && opened.sizeBytes == size && opened.end == Position(3), "\(access)")
        }
        let before = Self.size(path, left)
        var opened: EventLog? = try EventLog.open(in: LogScript.store, on: left, access: .writing, options: NumberedEvents.options)
        try opened.map { try Self.commit(to: $0) }
        #expect(Self.size(path, left) == before)
        try opened?.close()
        opened = nil
        #expect(Self.size(path, left) < before)
        #expect(try SmallLog.reopen(left.state, .reading).get() == LogContent(events: 4, waiting: 0))
    }

    @Test func `zeros where acknowledged events were are corruption, room behind them or not`() throws {
        let (log, volume, path) = try Self.log()
        for _ in 0..<3 { try Self.commit(to: log) }
        // The next commit's sync makes the third one's mark durable.
        for cut in [log.sizeBytes - 8, log.sizeBytes - 40, 1536] {
            var state = volume.state.afterKill()
            state.edit(path) { bytes in for index in cut..<bytes.count { bytes[index] = 0 } }
            for access in LogAccess.allCases {
                guard case .failure(LogError.corrupt(let damage)) = SmallLog.reopen(state, access) else {
                    Issue.record("cut at \(cut), \(access): nobody notices")
                    continue
                }
                #expect(damage.kind == .acknowledgedEventsDamaged && damage.file == path)
            }
            #expect(try SmallLog.verify(state).result == .corrupt)
        }
    }

    @Test func `a bit that is set in the room is a torn tail, cut off with the room`() throws {
        let (log, volume, path) = try Self.log()
        for _ in 0..<3 { try Self.commit(to: log) }
        let room = Self.size(path, volume) - log.sizeBytes
        for offset in [0, 1, 30, 511, room - 1] {
            var state = volume.state.afterKill()
            state.edit(path) { $0[log.sizeBytes + offset] = 4 }
            #expect(try SmallLog.verify(state).result == .tornTail)
            let left = FaultyVolume(state)
            let opened = try EventLog.open(in: LogScript.store, on: left, access: .writing, options: NumberedEvents.options)
            #expect(opened.recovery.tornTail?.sizeBytes == offset + 1 && opened.end == Position(3))
            #expect(Self.size(path, left) == log.sizeBytes)
        }
    }

    @Test(arguments: [VolumeFault.inputOutput, .noSpace])
    func `where no room is to be had commits go on without`(fault: VolumeFault) throws {
        let (log, volume, path) = try Self.log()
        try Self.commit(to: log)
        volume.inject(fault, at: 1, isForever: false)
        for _ in 0..<20 { try Self.commit(to: log) }
        #expect(volume.hasStruck && Self.size(path, volume) == log.sizeBytes)
        var random = SeededRandom(seed: 4)
        #expect(try SmallLog.reopen(volume.state.afterPowerLoss(&random), .writing).get() == LogContent(events: 21, waiting: 0))
    }
}
