import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing

/// A disk that refuses, once or for good, in the middle of whatever a store is asked: it says that the disk refused, or answers as ever; nothing that was acknowledged is lost.
struct StoreFailureTests {
    private static let sample = Result { try SampleStore() }

    /// Which of so many operations fail: all of a few, some of many.
    private static func numbers(upTo count: Int) -> [Int] { count <= 24 ? Array(1..<(count + 1)) : (0..<24).map { 1 + $0 * count / 24 } }

    /// Whether an error says that the disk refused.
    private static func isRefusal(_ error: any Error) -> Bool {
        guard case .log(let error) = error as? ReplicaError else { return false }
        return switch error {
        case .volume, .appendFailed, .syncFailed, .sealFailed, .failedBefore: true
        default: false
        }
    }

    @Test(arguments: Question.reading) func `a question fails with the disk, and is answered when it is healed`(question: Question) throws {
        let sample = try Self.sample.get()
        let volume = FaultyVolume(sample.state)
        let replica = try SampleStore.open(volume, .reading)
        let before = volume.operationCount
        let expected = try question.ask(replica, sample)
        for number in Self.numbers(upTo: volume.operationCount - before) {
            for isForever in [false, true] {
                let volume = FaultyVolume(sample.state)
                let replica = try SampleStore.open(volume, .reading)
                volume.inject(.inputOutput, at: number, isForever: isForever)
                do { #expect(try question.ask(replica, sample) == expected, "operation \(number)") } catch {
                    #expect(Self.isRefusal(error), "operation \(number): \(error)")
                    #expect(volume.hasStruck)
                }
                volume.heal()
                #expect(try question.ask(replica, sample) == expected, "operation \(number), healed")
            }
        }
    }

    @Test(arguments: Question.writing, VolumeFault.allCases)
    func `a write fails with the disk, and the next process finds what was there, or all of it`(question: Question, fault: VolumeFault)
        throws
    {
        let sample = try Self.sample.get()
        let volume = FaultyVolume(sample.state)
        let replica = try SampleStore.open(volume)
        let (before, count) = (try Self.events(replica), volume.operationCount)
        let expected = try question.ask(replica, sample)
        let operations = volume.operationCount - count
        let after = try Self.events(SampleStore.open(FaultyVolume(volume.state), .reading))
        for number in Self.numbers(upTo: operations) {
            for isForever in [false, true] {
                let volume = FaultyVolume(sample.state, seed: UInt64(number))
                let replica = try SampleStore.open(volume)
                volume.inject(fault, at: number, isForever: isForever)
                var isDone = false
                do {
                    #expect(try question.ask(replica, sample) == expected, "operation \(number)")
                    isDone = true
                } catch { #expect(Self.isRefusal(error) && volume.hasStruck, "operation \(number): \(error)") }
                let found = try Self.events(SampleStore.open(FaultyVolume(volume.state)))
                #expect(found.starts(with: before) && found.count <= after.count, "operation \(number)")
                #expect(!isDone || found.count == after.count, "operation \(number)")
            }
        }
    }

    @Test(arguments: Question.opening.map(\.name)) func `opening fails with the disk, and succeeds when it is healed`(name: String) throws {
        let ask = try #require(Question.opening.first { $0.name == name }).ask
        let sample = try Self.sample.get()
        let volume = FaultyVolume(sample.state)
        let expected = try ask(volume)
        var failures = 0
        for number in Self.numbers(upTo: volume.operationCount) {
            // A reader looks again at what failed once.
            for isForever in [false, true] {
                let volume = FaultyVolume(sample.state)
                volume.inject(.inputOutput, at: number, isForever: isForever)
                do {
                    let answer = try ask(volume)
                    // Verifying answers with what it could not read.
                    if name == "verify" && answer != expected {
                        #expect(volume.hasStruck, "operation \(number)")
                        failures += 1
                    } else {
                        #expect(answer == expected, "operation \(number)")
                    }
                } catch {
                    failures += 1
                    #expect(Self.isRefusal(error), "operation \(number): \(error)")
                }
            }
        }
        #expect(failures > 0)
    }

    @Test func `making a store fails with the disk, and repeating it completes it`() throws {
        for number in 1... {
            let volume = FaultyVolume()
            try volume.createFolder("disk")
            func create() throws(ReplicaError) -> Replica<FaultyVolume> {
                try Replica.create(
                    in: SampleStore.folder, on: volume, device: DeviceID(high: 1, low: 1), name: "a", storeID: StoreID(high: 1, low: 1))
            }
            volume.inject(.inputOutput, at: number, isForever: true)
            do {
                _ = try create()
                #expect(number > 5)
                return
            } catch { #expect(Self.isRefusal(error), "operation \(number): \(error)") }
            volume.heal()
            do { #expect(try create().end == Position(0)) } catch {
                // The last step was done, and failed all the same.
                #expect(error == .alreadyAStore(folder: SampleStore.folder), "operation \(number)")
            }
        }
    }

    @Test func `of two programs that make a store at once, one is told that it is there`() throws {
        @Sendable func create(_ volume: FaultyVolume, _ number: UInt64) throws(ReplicaError) -> DeviceID {
            let device = DeviceID(high: number, low: 1)
            let replica = try Replica.create(
                in: SampleStore.folder, on: volume, device: device, name: "a", storeID: StoreID(high: number, low: 1))
            try replica.close()
            return device
        }
        var toldLate = 0
        for number in 1... {
            let volume = FaultyVolume()
            try volume.createFolder("disk")
            nonisolated(unsafe) var other: Result<DeviceID, ReplicaError>?
            volume.intrude(before: number) { other = Result { () throws(ReplicaError) in try create(volume, 2) } }
            let own = Result { () throws(ReplicaError) in try create(volume, 1) }
            guard !volume.isIntrusionPending, let other else { break }
            let made = [own, other].compactMap { try? $0.get() }
            #expect(made.count == 1, "operation \(number): \(own), \(other)")
            if case .failure(.alreadyAStore) = own { toldLate += 1 }
            #expect(try Replica.open(in: SampleStore.folder, on: volume, access: .reading).device == made.first, "operation \(number)")
        }
        #expect(toldLate > 0)
    }

    private static func events(_ replica: Replica<FaultyVolume>) throws -> [Dot] {
        var dots: [Dot] = []
        try replica.dots(from: Position(0)) { dots.append($1) }
        return dots
    }
}
