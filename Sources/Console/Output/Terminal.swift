internal import Glibc

/// What the terminal behind stdout is like.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    static var hasOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the window; `COLUMNS`, or 120, where there is none.
    static var columns: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return Machine.environment("COLUMNS").flatMap { Int($0) }.map { max(20, $0) } ?? 120
    }

    /// Colours: on a terminal that has them, unless `NO_COLOR` is set (no-color.org).
    static var isColored: Bool {
        guard hasOutput, Machine.environment("NO_COLOR").map(\.isEmpty) ?? true else { return false }
        return !["dumb", ""].contains(Machine.environment("TERM") ?? "")
    }
}
