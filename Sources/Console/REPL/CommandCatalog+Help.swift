internal import ArgumentParser
internal import PromptLine

extension CommandCatalog {
    /// What the prompt knows of its commands.
    init(_ commands: [any ParsableCommand.Type]) {
        let help = commands.compactMap { command in
            command.configuration.commandName.map { ($0, RootCommand.helpMessage(for: command, columns: 1000)) }
        }
        self.init(help: Dictionary(help) { $1 })
    }
}
