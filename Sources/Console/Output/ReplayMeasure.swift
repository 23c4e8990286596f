internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// What measuring replays gave.
struct ReplayMeasure {
    let result: ReplayResult
    /// Of each run, ascending.
    let seconds: [Double]
    let peakMemoryBytes: Int
    let digest: String

    private var median: Double { seconds[seconds.count / 2] }
    private var eventsPerSecond: Double { Double(result.events) / median }
    private var bytesPerEvent: Double { Double(result.logBytes) / Double(max(1, result.events)) }
    private var megabytesPerSecond: Double { Double(result.logBytes) / median / 1e6 }
    /// How far the runs lie apart, as a part of their median.
    private var spread: Double { ((seconds.last ?? 0) - (seconds.first ?? 0)) / median }

    func writeText(to output: Output) {
        output.line("replay of \(result.events) events, \(result.records) records, \(seconds.count) runs")
        output.line("  \(Int(eventsPerSecond)) events/s   \(Self.text(megabytesPerSecond)) MB/s   \(Self.text(bytesPerEvent)) bytes/event")
        output.line(
            "  median \(Self.text(median * 1000)) ms, least \(Self.text((seconds.first ?? 0) * 1000)), most \(Self.text((seconds.last ?? 0) * 1000))"
        )
        output.line(
            "  table \(result.memoryBytes / max(1, result.records)) bytes/record, process at most \(peakMemoryBytes / 1_000_000) MB")
        output.line("  digest \(digest)")
    }

    func writeJSON(to output: Output) {
        output.object { writer in
            writer.key("benchmark")
            writer.string("replay")
            writer.key("events")
            writer.integer(result.events)
            writer.key("records")
            writer.integer(result.records)
            writer.key("runs")
            writer.integer(seconds.count)
            writer.key("seconds")
            writer.number(median)
            writer.key("secondsLeast")
            writer.number(seconds.first ?? 0)
            writer.key("secondsMost")
            writer.number(seconds.last ?? 0)
            writer.key("eventsPerSecond")
            writer.number(eventsPerSecond)
            writer.key("megabytesPerSecond")
            writer.number(megabytesPerSecond)
            writer.key("bytesPerEvent")
            writer.number(bytesPerEvent)
            writer.key("tableBytes")
            writer.integer(result.memoryBytes)
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
        guard let before = try? JSONValue(json: try InputFile.read(file)), let rate = before["eventsPerSecond"]?.double,
            let median = before["seconds"]?.double, let least = before["secondsLeast"]?.double, let most = before["secondsMost"]?.double
        else {
            throw ConsoleError(code: "no-result", "\(file) is no result of bench", hint: "make one with --json > \(file)")
        }
        let noise = max(0.1, spread, (most - least) / median)
        let ratio = eventsPerSecond / rate
        output.note("\(Self.text(ratio)) × the rate of \(file); noise \(Self.text(noise * 100)) %")
        if ratio < 1 - noise { throw ExitCode(ConsoleError.Status.refused.rawValue) }
    }

    private static func text(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}

extension JSONValue {
    /// The number as a double; nil for anything else.
    var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}
