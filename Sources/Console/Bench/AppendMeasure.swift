internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// What measuring appends gave.
struct AppendMeasure {
    let batch: Int
    let writers: Int
    private(set) var events = 0
    /// Of each commit of a writer, in the order in which they ended.
    private(set) var latencies: [Double] = []
    /// From the first commit's beginning to the last one's end, without the making of edits.
    private var seconds = 0.0
    /// Of all threads of the process, in the same time.
    private var processorSeconds = 0.0
    private var syncs = 0
    private var logBytes = 0
    private var digest = ""
    private var peakMemoryBytes = 0
    /// The same bytes in as many writes and syncs, into space that was written before.
    private var rawSeconds = 0.0
    /// How far the tenths of the run lie apart, as a part of their median.
    private var noise = 0.0

    init(batch: Int, writers: Int) {
        self.batch = batch
        self.writers = writers
    }

    private var eventsPerSecond: Double { Double(events) / seconds }
    private var bytesPerEvent: Double { Double(logBytes) / Double(max(1, events)) }
    private var megabytesPerSecond: Double { Double(logBytes) / seconds / 1e6 }
    private var eventsPerSync: Double { Double(events) / Double(max(1, syncs)) }

    /// Adds commits that took so long each; commits of one writer follow each other.
    mutating func add(latencies: [Double], events: Int, seconds: Double, processorSeconds: Double) {
        self.latencies += latencies
        self.events += events
        self.seconds += seconds
        self.processorSeconds += processorSeconds
    }

    /// Takes note of the store as the commits left it.
    mutating func note(_ store: Store) throws {
        syncs = store.syncCount
        logBytes = store.logBytes
        digest = Hexadecimal.text(try store.stateDigest())
        peakMemoryBytes = Machine.peakMemoryBytes
        let tenth = max(1, latencies.count / 10)
        let parts = stride(from: 0, through: latencies.count - tenth, by: tenth).map { latencies[$0..<($0 + tenth)].reduce(0, +) }.sorted()
        noise = ((parts.last ?? 0) - (parts.first ?? 0)) / max(parts[parts.count / 2], 1e-9)
        latencies.sort()
    }

    /// Writes and syncs as many bytes in as many pieces as the store did, in a file of that folder.
    mutating func measureRawWrites(in folder: String) throws(ConsoleError) {
        rawSeconds = try Machine.secondsOfSyncedWrites(in: folder + "/raw", count: syncs, byteCount: max(1, logBytes / max(1, syncs)))
    }

    private static let percentiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1)]

    /// Microseconds below which that part of the commits took.
    private func microseconds(_ part: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        return latencies[min(latencies.count - 1, Int(Double(latencies.count) * part))] * 1e6
    }

    func writeText(to output: Output) {
        output.line("append of \(events) events, batches of \(batch), \(writers) writers, \(syncs) syncs")
        output.line(
            "  \(Int(eventsPerSecond)) events/s   \(BenchMeasure.text(megabytesPerSecond)) MB/s   \(BenchMeasure.text(bytesPerEvent)) bytes/event"
        )
        output.line(
            "  \(BenchMeasure.text(eventsPerSync)) events/sync   \(BenchMeasure.text(seconds / rawSeconds)) × the time of the raw writes and syncs"
        )
        output.line(
            "  commits in µs: " + Self.percentiles.map { "\($0.0) \(Int(microseconds($0.1)))" }.joined(separator: ", "))
        output.line("  \(Int(processorSeconds / Double(max(1, events)) * 1e9)) ns of processor time an event, the system's included")
        output.line("  process at most \(peakMemoryBytes / 1_000_000) MB")
        output.line("  digest \(digest)")
    }

    func writeJSON(to output: Output) {
        output.object { writer in
            writer.key("benchmark")
            writer.string("append")
            for (key, value) in [("events", events), ("batch", batch), ("writers", writers), ("syncs", syncs)] {
                writer.key(Array(key.utf8))
                writer.integer(value)
            }
            let numbers = [
                ("seconds", seconds), ("eventsPerSecond", eventsPerSecond), ("eventsPerSync", eventsPerSync),
                ("megabytesPerSecond", megabytesPerSecond), ("bytesPerEvent", bytesPerEvent), ("rawSeconds", rawSeconds),
                ("processorSeconds", processorSeconds), ("noise", noise),
            ]
            for (key, value) in numbers + Self.percentiles.map({ ($0.0 + "Microseconds", microseconds($0.1)) }) {
                writer.key(Array(key.utf8))
                writer.number(value)
            }
            writer.key("peakMemoryBytes")
            writer.integer(peakMemoryBytes)
            writer.key("digest")
            writer.string(digest)
        }
    }

    /// Compares with an earlier result; a slowdown beyond the noise of both, and beyond a tenth, is a regression.
    ///
    /// - Throws: exit 1 on a regression, or a `ConsoleError` when the file is no result.
    func compare(with file: String, _ output: Output) throws {
        guard let before = try? JSONValue(json: try InputFile.read(file)), let rate = before["eventsPerSecond"]?.number,
            let itsNoise = before["noise"]?.number
        else {
            throw ConsoleError(code: "no-result", "\(file) is no result of bench append", hint: "make one with --json > \(file)")
        }
        // Whatever the noise, a tenth of the rate is a regression.
        let allowed = min(0.9, max(0.1, noise, itsNoise))
        let ratio = eventsPerSecond / rate
        output.note("\(BenchMeasure.text(ratio)) × the rate of \(file); noise \(BenchMeasure.text(allowed * 100)) %")
        if ratio < 1 - allowed { throw ExitCode(ConsoleError.Status.refused.rawValue) }
    }
}
