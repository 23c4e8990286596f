import EventCore
import Foundation
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// A value that one thread at a time touches. The thread sanitizer sees this lock, and does not see `Mutex`, which is no POSIX lock.
private final class Guarded<Value>: @unchecked Sendable {
    private var value: Value
    private let lock = NSLock()

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// Many threads that write to one store. Run with the thread sanitizer too (Tests/README.md).
struct CommitQueueTests {
    private static func store() throws -> (FaultyVolume, Replica<FaultyVolume>) {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 3, low: 4), name: "here", storeID: StoreID(high: 1, low: 1))
        return (volume, replica)
    }

    private static func draft(_ record: String, _ number: Int) throws -> Draft {
        let value = FieldValue(integer: Int64(number))
        let key = try RecordKey(collection: Name("c"), record: Name(record))
        return Draft(key: key, body: try .writing(set: [FieldWrite(field: Name("n"), value: value)]))
    }

    /// Runs `body` on so many threads at once and waits for them.
    private static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for number in 0..<count {
            group.enter()
            let thread = Thread {
                body(number)
                group.leave()
            }
            thread.start()
        }
        group.wait()
    }

    @Test func `each writer gets the dots of its own events, in order, without a gap over all, and all of them are durable`() throws {
        let (volume, replica) = try Self.store()
        let queue = CommitQueue(replica)
        let given = Guarded<[[(first: Dot, count: Int)]]>(Array(repeating: [], count: 24))
        Self.onThreads(24) { writer in
            for round in 0..<40 {
                let count = 1 + (writer + round) % 3
                guard let drafts = try? (0..<count).map({ try Self.draft("\(writer % 5)", writer * 1000 + round * 10 + $0) }),
                    let dot = try? queue.commit(drafts, wall: UInt64(1_000_000 + round))
                else { continue }
                given.withLock { $0[writer].append((dot, count)) }
                if round % 16 == 7 { _ = try? queue.exclusively { (replica) throws(ReplicaError) in replica.recordCount } }
            }
        }
        let answers = given.withLock { $0 }
        #expect(answers.allSatisfy { $0.count == 40 })
        for answer in answers { #expect(zip(answer, answer.dropFirst()).allSatisfy { $0.first.seq + UInt64($0.count) <= $1.first.seq }) }
        let seqs = answers.joined().flatMap { $0.first.seq..<($0.first.seq + UInt64($0.count)) }.sorted()
        #expect(seqs == Array(1...UInt64(seqs.count)))
        let writes = Dictionary(
            uniqueKeysWithValues: answers.enumerated().flatMap { writer, answer in
                answer.enumerated().flatMap { round, given in
                    (0..<given.count).map { (given.first.seq + UInt64($0), writer * 1000 + round * 10 + $0) }
                }
            })
        var random = SeededRandom(seed: 1)
        let opened = try Replica.open(in: "disk/store", on: FaultyVolume(volume.state.afterPowerLoss(&random)), access: .writing)
        #expect(opened.end.index == UInt64(seqs.count))
        try opened.events(from: Position(0)) { (logged) throws(ReplicaError) in
            guard case .write(let set, _) = logged.event.body else { return false }
            #expect(writes[logged.event.dot.seq].map { FieldValue(integer: Int64($0)) } == set[0].value)
            return true
        }
        #expect(replica.syncCount <= 960)
    }

    @Test func `a sync that fails fails all that shared it, is final, and what it took is there or not as a whole`() throws {
        let (volume, replica) = try Self.store()
        let queue = CommitQueue(replica)
        volume.inject(.failedSync, at: 20, isForever: false)
        let failed = Guarded<[Bool]>([])
        let acknowledged = Guarded<Set<UInt64>>([])
        Self.onThreads(12) { writer in
            var hasFailed = false
            for round in 0..<60 {
                do {
                    guard let dot = try queue.commit([Self.draft("r\(writer)", round)], wall: 5) else { continue }
                    #expect(!hasFailed, "nothing succeeds after a failure")
                    _ = acknowledged.withLock { $0.insert(dot.seq) }
                } catch { hasFailed = true }
            }
            failed.withLock { $0.append(hasFailed) }
        }
        #expect(volume.hasStruck && failed.withLock { $0 } == Array(repeating: true, count: 12))
        volume.heal()
        let opened = try Replica.open(in: "disk/store", on: FaultyVolume(volume.state.afterKill()), access: .reading)
        #expect(opened.end.index >= acknowledged.withLock { $0.max() } ?? 0)
    }

    @Test func `a draft that cannot become an event fails its own writer only`() throws {
        let (_, replica) = try Self.store()
        let queue = CommitQueue(replica)
        let outcomes = Guarded<[Int: Int]>([:])
        Self.onThreads(16) { writer in
            for round in 0..<20 {
                let isLarge = writer % 4 == 0
                guard var draft = try? Self.draft("r\(writer)", round) else { return }
                if isLarge, let field = try? Name("f") {
                    let value = FieldValue(uncheckedCanonical: Array("\"\(String(repeating: "y", count: Limits.eventBytes))\"".utf8))
                    draft.body = .write(set: [FieldWrite(field: field, value: value)], unset: [])
                }
                do throws(ReplicaError) {
                    _ = try queue.commit([draft], wall: 5)
                    outcomes.withLock { $0[writer, default: 0] += isLarge ? 100 : 1 }
                } catch {
                    if case .invalidDraft(.eventTooLarge) = error, isLarge { outcomes.withLock { $0[writer, default: 0] += 1 } }
                }
            }
        }
        #expect(outcomes.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, 20) }))
        #expect(replica.end == Position(12 * 20))
    }

    @Test func `undos of different writers do not share a context`() throws {
        let (_, replica) = try Self.store()
        let queue = CommitQueue(replica)
        let dot = try #require(try queue.commit([Self.draft("r", 1)], wall: 5))
        Self.onThreads(8) { _ in
            guard var draft = try? Self.draft("r", 2) else { return }
            draft.kind = .undo
            draft.undoes = dot
            _ = try? queue.commit([draft], wall: 6)
        }
        let key = try RecordKey(collection: Name("c"), record: Name("r"))
        #expect(replica.end == Position(9))
        #expect(try replica.record(key)?.heads == [Dot(device: dot.device, seq: 9)])
    }
}
