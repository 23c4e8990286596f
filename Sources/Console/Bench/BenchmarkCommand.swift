internal import ArgumentParser
internal import EventCore

/// A command that measures something, each run in a process of its own: so no run finds what another one left in memory.
protocol BenchmarkCommand: SessionCommand {
    /// Its name in results.
    static var benchmark: String { get }
    var bench: BenchOptions { get }
    /// Options for the process that makes a run, beside the common ones; what they need is prepared here.
    func words(for subject: BenchSubject) throws -> [String]
    /// Makes one run in this process, on the session's store.
    func measure(_ session: Session) throws -> BenchRun
}

extension BenchmarkCommand {
    func words(for subject: BenchSubject) throws -> [String] { [] }

    func run(_ session: Session) throws {
        try Machine.removeTemporaryFoldersWhenEnded()
        if bench.once {
            try measure(session).write(to: session.output)
            return
        }
        // What can be refused is refused before anything is generated or measured.
        let baseline = try bench.compare.map { try BenchBaseline($0) }
        if let workload = bench.workload { try baseline?.check(Self.benchmark, of: workload.name) }
        let subject = try subject(session)
        defer { subject.remove() }
        try baseline?.check(Self.benchmark, of: subject.workload)
        let measure = BenchMeasure(Self.benchmark, of: subject.workload, try runs(on: subject, session))
        if session.isJSON { measure.writeJSON(to: session.output) } else { measure.writeText(to: session.output) }
        session.output.flush()
        try baseline?.compare(measure, session.output)
    }

    private func subject(_ session: Session) throws -> BenchSubject {
        guard let workload = bench.workload else { return try BenchSubject(store: session.folder(), session.output) }
        return try BenchSubject(generating: workload, keep: bench.keep, session.output)
    }

    private func runs(on subject: BenchSubject, _ session: Session) throws -> [BenchRun] {
        var words = ["--store", subject.store, "bench", Self.benchmark, "--once", "--seed", "\(bench.seed)"]
        words += try self.words(for: subject)
        // So that what goes wrong there is said as it is said here.
        if session.isJSON { words.append("--json") }
        let progress = Progress("measuring", total: bench.runs, on: session.output)
        defer { progress.end() }
        progress.begin()
        return try (0..<bench.runs).map { number in
            let object = try Machine.objectOfSelf(words + (number == 0 ? ["--with-digest"] : []))
            guard let run = BenchRun(object) else {
                throw ConsoleError(code: "internal", "a run of bench \(Self.benchmark) said what is no result", hint: "please report this")
            }
            progress.advance(to: number + 1)
            return run
        }
    }
}
