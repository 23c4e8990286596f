/// How far long work has come: on a terminal only. What is done before somebody notices that it takes time says nothing.
final class Progress {
    private let output: Output
    private let what: String
    private let total: Int
    /// What is counted; empty where `what` says it.
    private let unit: String
    private let start = Machine.monotonicSeconds
    /// When it was shown last, and whether it stands there.
    private var shown = 0.0
    private var isShown = false

    /// With what a program takes to start, some 90 ms.
    private static let unnoticedSeconds = 0.08

    init(_ what: String, total: Int, unit: String = "", on output: Output) {
        self.unit = unit.isEmpty ? "" : " " + unit
        self.what = what
        self.total = total
        self.output = output
    }

    /// Says at once that it has begun, before anything is done: where it is known that it takes time, and not soon how far it is.
    func begin() {
        guard output.showsProgress else { return }
        (shown, isShown) = (Machine.monotonicSeconds, true)
        output.progress(total > 0 ? "\(what) 0 % (0 of \(total)\(unit))" : "\(what) …")
    }

    func advance(to done: Int) { advance(to: done, of: total) }

    /// The same where how much there is shows on the way.
    func advance(to done: Int, of total: Int) {
        guard output.showsProgress else { return }
        let now = Machine.monotonicSeconds
        guard now - start > Self.unnoticedSeconds, now - shown > 0.1 else { return }
        (shown, isShown) = (now, true)
        output.progress("\(what) \(done * 100 / max(1, total)) % (\(done) of \(total)\(unit))")
    }

    /// Clears the line, so that something else can stand there.
    func end() {
        if isShown { output.progress("") }
        isShown = false
    }
}
