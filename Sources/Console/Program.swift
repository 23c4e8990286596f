internal import ArgumentParser
internal import Glibc
internal import HubServer
internal import PromptLine
internal import ReplicaEngine
internal import SyncClient

/// The whole program: words in, exit status out.
public enum Program {
    /// Runs the command that the arguments name; never returns.
    public static func run(_ arguments: [String]) -> Never {
        signal(SIGPIPE, SIG_IGN)
        Machine.openStandardDescriptors()
        let isJSON = arguments.contains("--json")
        do {
            guard Machine.areArgumentsUTF8 else {
                throw ConsoleError.usage(
                    "an argument is not UTF-8", hint: "names and values are UTF-8; a value may escape bytes as JSON does")
            }
            try perform(arguments)
            exit(0)
        } catch {
            switch outcome(of: error) {
            case .message(let text):
                let output = Output()
                output.write(Array((text + "\n").utf8))
                output.flush()
                exit(0)
            case .status(let status): exit(status)
            case .failure(let error):
                Output(isJSON: isJSON).report(error)
                exit(error.status.rawValue)
            }
        }
    }

    /// What an error that a command threw means.
    enum Outcome {
        /// Something to be read: help, the version.
        case message(String)
        /// All has been said; only the exit status is left.
        case status(Int32)
        case failure(ConsoleError)
    }

    static func outcome(of error: any Error) -> Outcome {
        if let error = error as? ConsoleError { return .failure(error) }
        if let error = error as? OpenQuote { return .failure(ConsoleError(error)) }
        if let error = error as? ReplicaError { return .failure(ConsoleError(error)) }
        if let error = error as? SyncError { return .failure(ConsoleError(error)) }
        if let error = error as? HubError { return .failure(ConsoleError(error)) }
        if let code = error as? ExitCode { return .status(code.rawValue) }
        let text = RootCommand.fullMessage(for: error)
        switch RootCommand.exitCode(for: error) {
        case .success: return .message(text)
        case .validationFailure:
            let lines = (text.hasPrefix("Error: ") ? text.dropFirst(7) : text[...]).split(separator: "\n", maxSplits: 1)
            return .failure(.usage(lines.first.map(String.init) ?? text, hint: lines.count > 1 ? String(lines[1]) : nil))
        default: return .failure(ConsoleError(code: "internal", "something unforeseen: \(error)", hint: "please report this"))
        }
    }

    /// Runs one command.
    static func perform(_ arguments: [String]) throws {
        let words = commonOptionsLast(arguments)
        if let name = words.first, !name.hasPrefix("-"), !isCommand(name) {
            throw unknown(name)
        }
        var command = try RootCommand.parseAsRoot(words)
        try command.run()
    }

    private static func unknown(_ name: String) -> ConsoleError {
        let known = RootCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        let near = NearWords.of(name, among: known).map { "`syncline " + $0 + "`" }
        let hint = near.isEmpty ? "`syncline --help` lists the commands" : "did you mean " + near.joined(separator: " or ") + "?"
        return ConsoleError.usage("there is no command “\(name)”", hint: hint)
    }

    static func isCommand(_ name: String) -> Bool {
        name == "help" || RootCommand.configuration.subcommands.contains { $0.configuration.commandName == name }
    }

    /// `--store DIR` and `--json` may stand before the subcommand too: they are moved behind it.
    static func commonOptionsLast(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let word = rest.first {
            if word == "--store" {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if word.hasPrefix("--store=") || word == "--json" {
                moved.append(word)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        guard !rest.isEmpty else { return arguments }
        // Behind `--` everything is data.
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return rest[..<end] + moved + rest[end...]
    }
}
