import EventCore
import LogStore
import Simulation
import Testing
import Workload

@testable import ReplicaEngine

/// Records and conflicts of then come in order, the first ones out of their own histories, as if all had come from one pass over the log.
struct PastOrderTests {
    @Test func `at any moment the same comes with a checkpoint's order as without`() throws {
        let (ordered, plain, log) = try Self.stores()
        for step in 1..<4 {
            let index = log.count * step / 3
            var moments = [Moment.position(Position(UInt64(index)))]
            if index < log.count { moments += [.dot(log[index].dot), .time(milliseconds: log[index].time.milliseconds)] }
            for moment in moments {
                for collection in [step == 1 ? nil : log[0].key.collection] {
                    let name = "\(moment), \(String(describing: collection))"
                    #expect(try Self.records(ordered, collection, moment) == Self.records(plain, collection, moment), "\(name)")
                    #expect(try Self.conflicts(ordered, collection, moment) == Self.conflicts(plain, collection, moment), "\(name)")
                }
            }
        }
    }

    @Test func `the first of then come without a pass over the log`() throws {
        let (ordered, _, log) = try Self.stores()
        let moment = Moment.position(Position(UInt64(log.count / 2)))
        var (told, records, conflicts) = (0, 0, 0)
        try ordered.records(in: nil, at: moment, progress: { _, _ in told += 1 }) { _ in
            records += 1
            return records < 5
        }
        try ordered.openConflicts(at: moment, progress: { _, _ in told += 1 }) { _ in
            conflicts += 1
            return false
        }
        #expect(records == 5 && conflicts == 1 && told == 0)
        try ordered.records(in: nil, at: moment, progress: { _, _ in told += 1 }) { _ in true }
        #expect(told > 0)
    }

    /// The same events in a store that is opened from a checkpoint, and in one that never had one. There are more than are looked at one by one.
    private static func stores() throws -> (ordered: Replica<FaultyVolume>, plain: Replica<FaultyVolume>, log: [Event]) {
        let volume = FaultyVolume()
        let (ordered, plain) = (try ReferenceTests.replica(on: volume), try ReferenceTests.replica())
        var workload = WorkloadW(events: 2400, seed: 3, options: .init())
        var log: [Event] = []
        while let event = workload.next() { log.append(event) }
        for piece in log.chunked(200) {
            _ = try ordered.ingest(piece)
            _ = try plain.ingest(piece)
        }
        try ordered.checkpoint()
        try ordered.close()
        return (try Replica.open(in: "disk/store", on: volume, access: .reading), plain, log)
    }

    private static func records(_ replica: Replica<FaultyVolume>, _ collection: Name?, _ moment: Moment) throws -> [DecidedRecord] {
        var records: [DecidedRecord] = []
        try replica.decidedRecords(in: collection, at: moment) { record in
            // What else a record knows the times of is no part of it.
            let times = record.record.times.filter { record.record.contestedDots.contains($0.key) }
            records.append(DecidedRecord(record: record.record.with(times: times), conflict: record.conflict))
            return true
        }
        return records
    }

    private static func conflicts(_ replica: Replica<FaultyVolume>, _ collection: Name?, _ moment: Moment) throws -> [OpenConflict] {
        var conflicts: [OpenConflict] = []
        try replica.openConflicts(in: collection, at: moment) { conflict in
            conflicts.append(conflict)
            return true
        }
        return conflicts
    }
}
