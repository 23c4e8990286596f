internal import EventCore

/// What all runs of a benchmark gave together.
struct BenchMeasure {
    let benchmark: String
    /// What was measured, in words that two results share when they measured the same.
    let workload: String
    let events: Int
    let bytes: Int
    let digest: String
    /// Of each run, ascending.
    let seconds: [Double]
    /// Of each run, ascending.
    let processorSeconds: [Double]
    let peakMemoryBytes: Int
    let details: [(name: String, value: Int)]
    let latencies: [Latencies]

    /// - Parameter runs: of the same work, at least one; the first one with a digest.
    init(_ benchmark: String, of workload: String, _ runs: [BenchRun]) {
        precondition(!runs.isEmpty)
        self.benchmark = benchmark
        self.workload = workload
        events = runs[0].events
        bytes = runs[0].bytes
        digest = runs[0].digest ?? ""
        seconds = runs.map(\.seconds).sorted()
        processorSeconds = runs.map(\.processorSeconds).sorted()
        peakMemoryBytes = runs.map(\.peakMemoryBytes).max() ?? 0
        details = runs[0].details
        var all = [Latencies("run")]
        for run in runs {
            all[0].add(nanoseconds: UInt64(run.seconds * 1e9))
            for latency in run.latencies {
                let index = all.firstIndex { $0.name == latency.name } ?? all.endIndex
                if index == all.endIndex { all.append(Latencies(latency.name)) }
                for nanoseconds in latency.nanoseconds { all[index].add(nanoseconds: nanoseconds) }
            }
        }
        latencies = all
    }

    var median: Double { Self.median(of: seconds) }
    var eventsPerSecond: Double { Double(events) / median }
    var bytesPerEvent: Double { Double(bytes) / Double(max(1, events)) }
    var megabytesPerSecond: Double { Double(bytes) / median / 1e6 }
    var least: Double { seconds.first ?? 0 }
    var most: Double { seconds.last ?? 0 }

    /// How far the runs lie apart, as a part of their median; at most 1, so that what is far slower is never taken for noise. Decisions/0009.
    var noise: Double { min((most - least) / median, 1) }

    /// Of ascending numbers.
    private static func median(of numbers: [Double]) -> Double {
        let middle = numbers.count / 2
        return numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2
    }

    func writeText(to output: Output) {
        output.line("\(benchmark) of \(workload); \(seconds.count) runs")
        output.line(
            "  \(events) events   \(Int(eventsPerSecond)) events/s   \(Self.text(megabytesPerSecond)) MB/s   \(Self.text(bytesPerEvent)) bytes/event"
        )
        output.line(
            "  median \(Self.text(median * 1000)) ms, least \(Self.text(least * 1000)), most \(Self.text(most * 1000)); processor \(Self.text(Self.median(of: processorSeconds) * 1000)) ms"
        )
        output.line("  process at most \(Self.text(Double(peakMemoryBytes) / 1e6)) MB")
        if !details.isEmpty { output.line("  " + details.map { "\($0.name) \($0.value)" }.joined(separator: ", ")) }
        for latency in latencies { output.line("  " + latency.text) }
        output.line("  digest \(digest)")
    }

    func writeJSON(to output: Output) {
        output.object { writer in
            writer.key("benchmark")
            writer.string(benchmark)
            writer.key("workload")
            writer.string(workload)
            writer.key("events")
            writer.integer(events)
            writer.key("runs")
            writer.integer(seconds.count)
            for (key, number) in figures {
                writer.key(key)
                writer.number(number)
            }
            writer.key("peakMemoryBytes")
            writer.integer(peakMemoryBytes)
            for detail in details {
                writer.key(detail.name.utf8)
                writer.integer(detail.value)
            }
            writer.key("microseconds")
            writer.beginObject()
            for latency in latencies { latency.write(to: &writer) }
            writer.endObject()
            writer.key("digest")
            writer.string(digest)
        }
    }

    private var figures: [(StaticString, Double)] {
        [
            ("seconds", median), ("secondsLeast", least), ("secondsMost", most), ("noise", noise),
            ("processorSeconds", Self.median(of: processorSeconds)), ("processorSecondsLeast", processorSeconds.first ?? 0),
            ("eventsPerSecond", eventsPerSecond), ("megabytesPerSecond", megabytesPerSecond), ("bytesPerEvent", bytesPerEvent),
        ]
    }

    /// A number that is not negative, with two places behind the point.
    static func text(_ number: Double) -> String {
        guard number < 1e15 else { return "\(number)" }
        let hundredths = Int((number * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
