/// Where a prompt's lines come from: a person at a terminal, a script, a test.
protocol LineEditor: AnyObject {
    /// Whether somebody is there who can be asked, and who goes on after an error.
    var isInteractive: Bool { get }

    /// The next line. The prompt is asked for anew when something may have changed it.
    ///
    /// - Throws: what is wrong with the line, which is passed over then. Where no more can be read the lines end.
    func nextLine(_ prompt: () -> StyledText) throws -> EditedLine

    /// The answer to a question: typed now, not a line that waits already, and not remembered.
    func answer(_ prompt: () -> StyledText) throws -> EditedLine

    /// What the line asked for is over; where Ctrl-C ended it, what was pasted behind it is, too.
    func lineIsOver()
}

extension LineEditor {
    func answer(_ prompt: () -> StyledText) throws -> EditedLine { try nextLine(prompt) }
    func lineIsOver() {}
}

enum EditedLine: Hashable {
    case text(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D, or nothing more to read.
    case end
}

/// What may have something to say while somebody types. It is printed above the line, which stays as it was.
protocol NoticeSource: AnyObject {
    /// Can be read when there is something.
    var descriptor: Int32 { get }
    /// Takes what there is.
    func notices() -> [String]
}
