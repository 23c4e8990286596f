/// Where a prompt's lines come from: a person at a terminal, a script, a test.
protocol LineEditor: AnyObject {
    /// Whether somebody is there who can be asked, and who goes on after an error.
    var isInteractive: Bool { get }

    /// The next line. The prompt is asked for anew when something may have changed it.
    ///
    /// - Throws: what is wrong with the line, which is passed over then. Where no more can be read the lines end.
    func nextLine(_ prompt: () -> StyledText) throws -> EditedLine
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
