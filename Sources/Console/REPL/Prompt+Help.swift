internal import ArgumentParser
internal import PromptLine

extension Prompt {
    /// What there is to type; of one command its own help.
    func help(_ name: String?) throws {
        let output = session().output
        defer { output.flush() }
        if let name, name != "all" {
            guard let command = Self.commands.first(where: { $0.configuration.commandName == name }) else {
                throw unknown(name)
            }
            return output.write(Array((RootCommand.helpMessage(for: command, columns: Terminal.columns) + "\n").utf8))
        }
        if mode != nil {
            output.line(StyledText("In this conflict", .strong))
            table(ConflictWord.words, output)
            output.line("Commands work here, too: `back`, then `help`.")
            return
        }
        output.line(StyledText("Conflicts", .strong))
        table(
            [
                ("conflicts", "number what disagrees"), ("1", "open the first one; `help` there says how to settle it"),
                ("all --where f=v --choose SIDE", "settle all that match, after a question"), ("undo", "take the last thing written back"),
            ], output)
        output.line(StyledText("Commands", .strong))
        table(
            Self.commands.compactMap { command in command.configuration.commandName.map { ($0, command.configuration.abstract) } }
                .filter { !["conflicts", "undo", "repl"].contains($0.0) }, output)
        output.line("`help COMMAND` says more. Tab completes. Ctrl-C ends a line, Ctrl-D leaves.")
    }

    /// What is said before the first line.
    func welcome() {
        let output = session().output
        let text =
            conflictCount == 0
            ? "`help` lists what there is to type; Ctrl-D leaves."
            : "`conflicts` lists what disagrees, 1 opens the first, `help` says more; Ctrl-D leaves."
        for line in Printable.wrapped(text, to: Terminal.columns) { output.line(line) }
        output.flush()
    }

    private func table(_ rows: [(String, String)], _ output: Output) {
        let width = Terminal.columns
        let first = min(30, (rows.map { Printable.width($0.0) }.max() ?? 0) + 2)
        for (typed, meaning) in rows {
            let lines = Printable.wrapped(meaning, to: max(16, width - first - 2))
            output.line("  " + Printable.fitted(typed, to: first) + (lines.first ?? ""))
            for line in lines.dropFirst() { output.line("  " + String(repeating: " ", count: first) + line) }
        }
    }
}
