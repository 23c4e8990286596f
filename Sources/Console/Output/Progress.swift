/// How far long work has come: on a terminal only, and only after a second.
final class Progress {
    private let output: Output
    private let what: String
    private let total: Int
    /// What is counted; empty where `what` says it.
    private let unit: String
    private let start = Machine.monotonicSeconds
    private var shown = 0.0

    init(_ what: String, total: Int, unit: String = "", on output: Output) {
        self.unit = unit.isEmpty ? "" : " " + unit
        self.what = what
        self.total = total
        self.output = output
    }

    func advance(to done: Int) { advance(to: done, of: total) }

    /// The same where how much there is shows on the way.
    func advance(to done: Int, of total: Int) {
        guard output.showsProgress else { return }
        let now = Machine.monotonicSeconds
        guard now - start > 1, now - shown > 0.1 else { return }
        shown = now
        output.progress("\(what) \(done * 100 / max(1, total)) % (\(done) of \(total)\(unit))")
    }

    /// Clears the line; what comes behind it begins anew.
    func end() {
        if shown > 0 { output.progress("") }
        shown = 0
    }
}
