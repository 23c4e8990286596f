internal import Glibc

/// Questions to whoever sits at the terminal.
extension Machine {
    /// Asks on stderr; whether the answer begins with y. nil, without a word, where nobody is there to answer.
    static func ask(_ question: String) -> Bool? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return nil }
        _ = writeAll(Array(question.utf8), to: STDERR_FILENO)
        return readLine()?.lowercased().hasPrefix("y") ?? false
    }
}
