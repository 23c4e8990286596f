import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// A replay on two threads gives what a replay on one gives.
struct TwoThreadTests {
    @Test(arguments: ReferenceTests.seeds) func `random histories fold to the same records on two threads`(seed: UInt64) throws {
        let history = try ReferenceTests.history(seed)
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        var random = SeededRandom(seed: seed)
        var rest = history.events[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.below(5))
            rest = rest.dropFirst(piece.count)
            _ = try replica.ingest(Array(piece))
            if random.chance(1, in: 30) { try replica.checkpoint() }
        }
        try replica.close()
        #expect(try Self.records(volume, threads: 2) == Self.records(volume, threads: 1))
    }

    @Test(arguments: 0..<3 as Range<UInt64>) func `workload W folds to the same records and histories on two threads`(seed: UInt64) throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        var workload = WorkloadW(events: 6000, seed: seed, options: .init(devices: seed == 0 ? 8 : 90, fields: seed == 2 ? 64 : 8))
        var batch: [Event] = []
        while let event = workload.next() {
            batch.append(event)
            if batch.count == 150 {
                _ = try replica.ingest(batch)
                batch = []
            }
        }
        _ = try replica.ingest(batch)
        try replica.close()
        #expect(try Self.records(volume, threads: 2) == Self.records(volume, threads: 1))
    }

    @Test func `a damaged block is the same error on two threads`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        for piece in try ReferenceTests.history(3).events.chunked(3) { _ = try replica.ingest(piece) }
        try replica.checkpoint()
        try replica.close()
        let whole = volume.state
        let path = "disk/store/log/00000001-000000000000.segment"
        let size = try #require(whole.files[path]?.count)
        for byte in stride(from: 1536, to: size, by: 97) {
            var state = whole
            state.flipBit(byte * 8, of: path)
            let (one, two) = (Self.outcome(state, threads: 1), Self.outcome(state, threads: 2))
            #expect(one == two, "byte \(byte)")
        }
    }

    /// Batches of a replay on two threads overlap: the next one is read while one is applied, and its halves are applied apart.
    @Test(arguments: [[1], [7, 8], [2, 3, 9], [14, 15], [20, 30], [38, 39]], [nil, 0, 1, 4])
    func `of several malformed blocks the first is the error`(malformed: [UInt64], unreadable: UInt64?) throws {
        let device = DeviceID(high: 1, low: 1)
        let volume = FaultyVolume()
        for folder in ["disk", "disk/store"] { try volume.createFolderIfMissing(folder) }
        let log = try EventLog.create(in: "disk/store", storeID: StoreID(high: 1, low: 1), on: volume)
        let last = try #require(malformed.last)
        for number in 0..<50 as Range<UInt64> {
            // A record's first event that builds on something: seen only when it is applied.
            let context = malformed.contains(number) ? [Dot(device: device, seq: 1)] : []
            let event = try Event(
                dot: Dot(device: device, seq: number + 1), key: RecordKey(collection: Name("notes"), record: Name("n\(number)")),
                context: VersionVector(context), time: HybridTime(milliseconds: 1000 + number, tick: 0),
                body: .writing(set: [], unset: [Name("title")]))
            var builder = BlockBuilder()
            builder.append(event, context: .heads(context))
            try log.append([LogBlock(bytes: builder.finish(), ranges: [])])
            if let unreadable, number == last + unreadable {
                // Waiting events have whole contexts: seen already when it is read.
                var builder = BlockBuilder(kind: .waiting)
                builder.append(event, context: .heads([Dot(device: device, seq: 1)]))
                try log.append([LogBlock(bytes: builder.finish(), ranges: [])])
            }
        }
        try log.sync()
        let first = try ReplicaError.malformedBlock(at: Position(#require(malformed.first)))
        #expect(Self.outcome(volume.state, threads: 1) == .failure(first))
        #expect(Self.outcome(volume.state, threads: 2) == .failure(first))
    }

    // MARK: - Helpers

    /// What a replay makes of the log, records with their histories; or why it failed.
    private static func outcome(_ state: DiskState, threads: Int) -> Result<[RecordKey: Known], ReplicaError> {
        do throws(ReplicaError) { return .success(try records(FaultyVolume(state), threads: threads)) } catch { return .failure(error) }
    }

    private struct Known: Hashable {
        let record: Record
        let history: [Position]
    }

    private static func records(_ volume: FaultyVolume, threads: Int) throws(ReplicaError) -> [RecordKey: Known] {
        let log: EventLog<FaultyVolume>
        do throws(LogError) { log = try EventLog.open(in: "disk/store", on: volume, access: .reading) } catch { throw .log(error) }
        var table = RecordTable()
        var waiting = WaitingEvents()
        try Replica.fold(log, from: Position(0), into: &table, &waiting, threads: threads)
        var records: [RecordKey: Known] = [:]
        table.forEachPlace { place in
            if let record = try? table.record(at: place), let history = try? table.history(at: place) {
                records[record.key] = Known(record: record, history: history)
            }
            return true
        }
        precondition(records.count == Int(table.recordCount))
        return records
    }
}

extension Array {
    func chunked(_ size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
