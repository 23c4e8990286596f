import EventCore
import Testing
import Workload

/// The yardstick is what its page says, or no figure means anything.
struct WorkloadWTests {
    private static let count = 6000

    /// What one pass over a workload saw.
    private struct Tally {
        var concurrent = 0
        var resolving = 0
        var openConflicts = 0
        var records: [RecordKey: StepwiseRecord] = [:]
        var contexts: [Dot: (key: RecordKey, context: VersionVector)] = [:]
    }

    @Test(arguments: [1, 77] as [UInt64])
    func `contexts are closed, seqs have no gaps, and all but the concurrent events had seen their record's whole clock`(seed: UInt64)
        throws
    {
        var workload = WorkloadW(events: Self.count, seed: seed)
        var tally = Tally()
        var seqs: [DeviceID: UInt64] = [:]
        var last: UInt64 = 0
        while let event = workload.next() {
            seqs[event.dot.device, default: 0] += 1
            #expect(event.dot.seq == seqs[event.dot.device], "seed \(seed)")
            #expect(event.time.milliseconds > last && event.time.milliseconds <= last + 60 || last == 0, "seed \(seed)")
            last = event.time.milliseconds
            Self.check(event, &tally)
        }
        #expect(tally.contexts.count == Self.count && seqs.count == 8)
        #expect(tally.concurrent == workload.concurrentCount && tally.resolving == workload.resolvingCount, "seed \(seed)")
        // One of a hundred and one of two hundred, within a third.
        #expect((Self.count / 150...Self.count / 75).contains(tally.concurrent), "seed \(seed): \(tally.concurrent)")
        #expect((Self.count / 300...Self.count / 150).contains(tally.resolving), "seed \(seed): \(tally.resolving)")
        #expect(tally.records.count > Self.count / 20 && tally.records.count <= Self.count / 10, "seed \(seed)")
    }

    /// Holds an event to the state before it, which it is then applied to.
    private static func check(_ event: Event, _ tally: inout Tally) {
        for entry in event.context.entries {
            let cause = tally.contexts[entry]
            #expect(cause?.key == event.key, "\(event.dot) names \(entry)")
            #expect(cause?.context.isCovered(by: event.context) == true, "\(event.dot) leaves out what \(entry) had seen")
        }
        var record = tally.records[event.key] ?? StepwiseRecord()
        let clock = VersionVector(record.clock.map { Dot(device: $0.key, seq: $0.value) })
        if event.context != clock {
            tally.concurrent += 1
            #expect(event.context.isCovered(by: clock) && event.context[event.dot.device] == clock[event.dot.device], "\(event.dot)")
        }
        let contested = Self.contested(record)
        record.apply(event)
        if event.kind == .resolve {
            tally.resolving += 1
            #expect(!contested.isEmpty && Self.contested(record).isEmpty, "\(event.dot) resolves")
        } else {
            #expect(contested.isSubset(of: Self.contested(record)), "\(event.dot) leaves conflicts alone")
        }
        guard case .write(let set, let unset) = event.body else {
            Issue.record("\(event.dot) deletes")
            return
        }
        #expect(set.count == 3 && unset.isEmpty && set.allSatisfy { Self.isOfTheYardstick($0) }, "\(event.dot)")
        tally.records[event.key] = record
        tally.contexts[event.dot] = (event.key, event.context)
    }

    private static func contested(_ record: StepwiseRecord) -> Set<Name> {
        Set(record.fields.filter { Set($0.value.map(\.value)).count > 1 }.map(\.key))
    }

    /// Strings of 12 to 20 bytes, integers below a billion.
    private static func isOfTheYardstick(_ write: FieldWrite) -> Bool {
        let text = write.value.description
        guard ["rank", "size"].contains(write.field.text) else {
            return ["title", "body", "tags", "author", "color", "status"].contains(write.field.text) && (14...22).contains(text.utf8.count)
                && text.hasPrefix("\"") && text.hasSuffix("\"") && text.dropFirst().dropLast().allSatisfy { $0 != "\"" && $0 != "\\" }
        }
        return Int(text).map { (0..<1_000_000_000).contains($0) && String($0) == text } ?? false
    }

    @Test func `a seed gives the same events on every machine, another seed others`() {
        #expect(Self.digest(seed: 1) == 0x69C1_57E4)
        #expect(Self.digest(seed: 1) != Self.digest(seed: 2))
    }

    private static func digest(seed: UInt64) -> UInt32 {
        var workload = WorkloadW(events: 100_000, seed: seed)
        var checksum = Checksum()
        for _ in 0..<10_000 {
            guard let event = workload.next() else { break }
            checksum.add(event.canonicalJSON)
        }
        return checksum.value
    }

    @Test func `other numbers of devices, fields and records are kept to`() {
        var workload = WorkloadW(events: 3000, seed: 5, options: .init(devices: 60, fields: 20, records: 9))
        var (fields, devices, keys): (Set<Name>, Set<DeviceID>, Set<RecordKey>) = ([], [], [])
        while let event = workload.next() {
            if case .write(let set, _) = event.body { fields.formUnion(set.map(\.field)) }
            devices.insert(event.dot.device)
            keys.insert(event.key)
        }
        #expect(keys.count == 9 && fields.count == 20 && devices.count == 60)
        #expect(workload.next() == nil)
    }

    @Test func `draws follow Zipf's law with exponent 0.8`() {
        let (count, draws) = (500, 60_000)
        let table = ZipfTable(count: count)
        var random = SeededRandom(seed: 3)
        var seen = [Int](repeating: 0, count: count)
        for _ in 0..<draws { seen[table.draw(&random)] += 1 }
        // 2^-0.8 = 0.574…, 10^-0.8 = 0.158…: the first index against the second and the tenth.
        #expect(abs(Double(seen[1]) / Double(seen[0]) - 0.5743) < 0.05)
        #expect(abs(Double(seen[9]) / Double(seen[0]) - 0.1585) < 0.03)
        // The sum of i^-0.8 for i to 500 is 12.89…, so the first index gets 7.8 % of all.
        #expect(abs(Double(seen[0]) / Double(draws) - 1 / 12.8945) < 0.005)
        #expect(seen.allSatisfy { $0 > 0 })
    }
}
