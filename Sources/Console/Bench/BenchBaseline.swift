internal import ArgumentParser
internal import EventCore

/// An earlier result of `bench --json`, to compare with.
struct BenchBaseline {
    let file: String
    private let benchmark: String
    private let workload: String
    private let eventsPerSecond: Double
    private let noise: Double
    private let digest: String

    /// Slowdowns up to this part are within what two sessions on one machine differ by though nothing changed. Decisions/0009.
    static let drift = 0.05

    /// Reads a result.
    ///
    /// - Throws: a `ConsoleError` when the file cannot be read or is no result.
    init(_ file: String) throws {
        guard let json = try? JSONValue(json: try InputFile.read(file)), let benchmark = json["benchmark"]?.text,
            let workload = json["workload"]?.text, let eventsPerSecond = json["eventsPerSecond"]?.number, eventsPerSecond > 0,
            let noise = json["noise"]?.number, noise >= 0, let digest = json["digest"]?.text
        else {
            throw ConsoleError(code: "no-result", "\(file) is no result of bench", hint: "make one with --json > \(file)")
        }
        self.file = file
        self.benchmark = benchmark
        self.workload = workload
        self.eventsPerSecond = eventsPerSecond
        self.noise = noise
        self.digest = digest
    }

    /// Refuses a result of something else, before anything is measured.
    func check(_ benchmark: String, of workload: String) throws {
        guard self.benchmark == benchmark else {
            throw ConsoleError(
                code: "other-benchmark", "\(file) is a result of bench \(self.benchmark), not of bench \(benchmark)",
                hint: "nothing was measured; compare with a result of the same benchmark")
        }
        guard self.workload == workload else {
            throw ConsoleError(
                code: "other-workload", "\(file) measured “\(self.workload)”, not “\(workload)”",
                hint: "nothing was measured; compare with a result of the same workload")
        }
    }

    /// Says how a measure of the same work compares; a slowdown beyond the drift and the noise of both is a regression.
    ///
    /// - Throws: a `ConsoleError` when the results differ; exit 1 on a regression.
    func compare(_ measure: BenchMeasure, _ output: Output) throws {
        guard measure.digest == digest else {
            throw ConsoleError(
                code: "other-result", "the same work gave another result: digest \(measure.digest), in \(file) \(digest)",
                hint: "one of the two programs computed wrong")
        }
        let tolerance = Self.drift + noise + measure.noise
        let slowdown = eventsPerSecond / measure.eventsPerSecond
        let isRegression = slowdown > 1 + tolerance
        let verdict = isRegression ? "a regression: it is slower by more than" : "no regression: it is not slower by more than"
        output.note(
            "\(BenchMeasure.text(1 / slowdown)) × the rate of \(file); \(verdict) the \(BenchMeasure.text(tolerance * 100)) % that noise explains"
        )
        if isRegression { throw ExitCode(ConsoleError.Status.refused.rawValue) }
    }
}
