internal import Glibc

/// What the terminal behind stdout is like.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    static var hasOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the window; `COLUMNS`, or 120, where there is none.
    static var columns: Int { columns(behind: STDOUT_FILENO) }

    static func columns(behind file: Int32) -> Int {
        var size = winsize()
        if ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return Machine.environment("COLUMNS").flatMap { Int($0) }.map { max(20, $0) } ?? 120
    }

    /// Colours: on a terminal that has them, unless `NO_COLOR` is set (no-color.org).
    static var isColored: Bool {
        guard hasOutput, Machine.environment("NO_COLOR").map(\.isEmpty) ?? true else { return false }
        return !isDumb && Machine.environment("TERM")?.isEmpty == false
    }

    /// Whether nothing that was printed can be taken back.
    static var isDumb: Bool { Machine.environment("TERM") == "dumb" }
}
