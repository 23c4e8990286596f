internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Workload

/// Measures reading the histories of records.
struct BenchHistoryCommand: BenchmarkCommand {
    static let benchmark = "history"
    static let configuration = CommandConfiguration(
        commandName: benchmark, abstract: "Read the whole histories of records that have about so many events.",
        discussion: """
            A run opens the store, draws records from the log, and reads each one's events. Opening and drawing are not measured. The digest is that of the events read. Example:

              syncline bench history --events 1000000 --length 100
            """)

    @Option(help: ArgumentHelp("Of records with so many events, give or take a fifth.", valueName: "n")) var length: Int = 100
    @Option(help: ArgumentHelp("How many records a run reads.", valueName: "n")) var records: Int = 200
    @OptionGroup var bench: BenchOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard length >= 1 && length <= 1_000_000 else { throw ValidationError("--length is 1 to 1000000") }
        guard records >= 1 && records <= 100_000 else { throw ValidationError("--records is 1 to 100000") }
    }

    func words(for subject: BenchSubject) -> [String] { ["--length", "\(length)", "--records", "\(records)"] }

    func measure(_ session: Session) throws -> BenchRun {
        let folder = try session.folder()
        let keys = try draw(from: try Store.open(in: folder, on: POSIXVolume(), access: .reading))
        // Opened anew: drawing has read blocks and indexes already.
        let store = try Store.open(in: folder, on: POSIXVolume(), access: .reading)
        var histories: [[LoggedEvent]] = []
        var nanoseconds: [UInt64] = []
        var (run, _) = try BenchRun.measuring {
            for key in keys {
                let start = Machine.monotonicSeconds
                histories.append(try store.history(of: key))
                nanoseconds.append(UInt64((Machine.monotonicSeconds - start) * 1e9))
            }
        }
        run.events = histories.reduce(0) { $0 + $1.count }
        run.bytes = Int(Double(store.logBytes) / Double(store.end.index) * Double(run.events))
        run.details = [("records", keys.count)]
        run.latencies = [("history", nanoseconds)]
        if bench.withDigest {
            var digest = EventDigest()
            for logged in histories.joined() { digest.add(logged.event) }
            run.digest = Hexadecimal.text(digest.bytes)
        }
        return run
    }

    /// Records of the length, each once, in the order in which events of theirs are drawn.
    private func draw(from store: Store) throws -> [RecordKey] {
        var random = SeededRandom(seed: bench.seed)
        var seen: Set<RecordKey> = []
        var keys: [RecordKey] = []
        let count = Int(store.end.index)
        for _ in 0..<(count == 0 ? 0 : Self.drawsPerRecord * records) {
            guard keys.count < records, let key = try store.key(at: Position(UInt64(random.below(count)))) else { break }
            guard seen.insert(key).inserted else { continue }
            if abs(try store.eventCount(of: key) - length) * 5 <= length { keys.append(key) }
        }
        guard !keys.isEmpty else {
            throw ConsoleError(
                code: "no-such-record", "no record with about \(length) events was found", hint: "choose another --length, or more --events"
            )
        }
        return keys
    }

    private static let drawsPerRecord = 100
}
