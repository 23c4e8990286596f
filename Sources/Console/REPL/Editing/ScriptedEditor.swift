/// Lines that are known beforehand, shown behind their prompts as if somebody typed them: a demonstration, or a test.
final class ScriptedEditor: LineEditor {
    let isInteractive = true
    private var lines: ArraySlice<String>
    private let show: (StyledText) -> Void

    init(_ lines: [String], show: @escaping (StyledText) -> Void) {
        self.lines = lines[...]
        self.show = show
    }

    func nextLine(_ prompt: () -> StyledText) -> EditedLine {
        guard let line = lines.popFirst() else { return .end }
        show(prompt() + StyledText(line, .strong))
        return .text(line)
    }
}
